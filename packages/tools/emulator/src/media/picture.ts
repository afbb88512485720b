import { numbersFrom } from '../faults/draw.js';
import { blend, type Colour, type Palette, paletteFor, smooth } from './colour.js';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel: red, green, blue. */
  readonly pixels: Uint8Array;
}

/** Colour of a point; the shorter side runs from 0 to 1. */
type Paint = (x: number, y: number) => Colour;
type Scene = (palette: Palette, random: () => number, width: number, height: number) => Paint;

const LONG_SIDE = 512;

/** Width and height for a ratio, the longer side `LONG_SIDE`. */
export function pictureSize(ratio: number, longSide: number = LONG_SIDE): readonly [width: number, height: number] {
  return ratio >= 1 ? [longSide, Math.round(longSide / ratio)] : [Math.round(longSide * ratio), longSide];
}

/** A picture of the prompt's own: the same prompt and seed always give the same one. */
export function paintPicture(prompt: string, seed: string, [width, height]: readonly [number, number]): Picture {
  const random = numbersFrom(`${seed}/${prompt}`);
  const palette = paletteFor(prompt, random);
  const scene = scenes[Math.floor(random() * scenes.length)] ?? hills;
  const unit = Math.min(width, height);
  const paint = scene(palette, random, width / unit, height / unit);
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const colour = paint(column / unit, row / unit);
      pixels[at++] = colour >> 16;
      pixels[at++] = (colour >> 8) & 255;
      pixels[at++] = colour & 255;
    }
  }
  return { width, height, pixels };
}

/** Width of a soft edge: about two pixels. */
const EDGE = 0.005;

/** A low sun over rows of hills. */
const hills: Scene = (palette, random, width, height) => {
  const sunX = width * (0.2 + random() * 0.6);
  const sunY = height * (0.28 + random() * 0.2);
  const sunSize = 0.08 + random() * 0.06;
  const sun = blend(palette.accent, 0xffffff, 0.55);
  const ridges = Array.from({ length: 5 }, (_, index) => ({
    base: height * (0.52 + index * 0.105),
    waves: Array.from({ length: 3 }, (_, wave) => ({
      speed: (2 + random() * 3) * 1.9 ** wave,
      phase: random() * 7,
      size: (0.055 + random() * 0.02) / 2.1 ** wave,
    })),
    colour: blend(blend(palette.light, palette.mid, 0.35), palette.dark, 0.2 + index * 0.2),
  }));
  return (x, y) => {
    const away = Math.hypot(x - sunX, y - sunY);
    let colour = blend(palette.deep, palette.light, Math.min(1, y / (height * 0.62)));
    if (away < 0.8) colour = blend(colour, palette.light, 0.75 * (1 - away / 0.8) ** 2);
    if (away < sunSize + EDGE) colour = blend(sun, colour, smooth(sunSize, EDGE, away));
    for (const { base, waves, colour: own } of ridges) {
      let edge = base;
      for (const { speed, phase, size } of waves) edge += Math.sin(x * speed + phase) * size;
      if (y > edge - EDGE)
        colour = blend(
          colour,
          blend(own, palette.light, 0.18 * Math.max(0, 1 - (y - edge) * 7)),
          smooth(edge, EDGE, y),
        );
    }
    return colour;
  };
};

/** Lit spheres of several sizes. */
const spheres: Scene = (palette, random, width, height) => {
  const colours = [palette.mid, palette.accent, palette.light, palette.deep];
  const all = Array.from({ length: 9 }, (_, index) => ({
    x: random() * width,
    y: random() * height,
    size: 0.05 + 0.2 * random() * (1 - index / 14),
    colour: colours[index % colours.length] ?? palette.mid,
  })).sort((left, right) => left.size - right.size);
  return (x, y) => {
    let colour = blend(palette.light, palette.deep, (x / width) * 0.35 + (y / height) * 0.65);
    for (const { x: centreX, y: centreY, size, colour: own } of all) {
      const shade = Math.hypot(x - centreX - size * 0.25, y - centreY - size * 0.35) / size;
      if (shade < 1.35) colour = blend(colour, palette.dark, 0.3 * (1 - smooth(0.95, 0.8, shade)));
      const away = Math.hypot(x - centreX, y - centreY);
      if (away > size + EDGE) continue;
      const light = Math.hypot(x - centreX + size * 0.35, y - centreY + size * 0.4) / size;
      let lit = blend(blend(own, 0xffffff, 0.55), own, Math.min(1, light * 1.1));
      lit = blend(lit, palette.dark, 0.5 * smooth(1, 0.9, light));
      colour = blend(lit, colour, smooth(size, EDGE, away));
    }
    return colour;
  };
};

/** Quarter rings that join from tile to tile. */
const rings: Scene = (palette, random, width, height) => {
  const across = 5 + Math.floor(random() * 3);
  const columns = Math.ceil(width * across);
  const turned = Array.from({ length: columns * Math.ceil(height * across) }, () => random() < 0.5);
  const bands: readonly Colour[] = [palette.deep, palette.light, palette.accent, palette.light, palette.deep];
  return (x, y) => {
    const column = Math.floor(x * across);
    const row = Math.floor(y * across);
    const inX = x * across - column;
    const inY = y * across - row;
    const mirrored = turned[row * columns + column] ? 1 - inX : inX;
    const near = Math.min(Math.hypot(mirrored, inY), Math.hypot(1 - mirrored, 1 - inY));
    let colour = blend(palette.mid, palette.deep, (x / width + y / height) / 2.4);
    for (let band = 0; band < bands.length; band++) {
      const from = 0.25 + band * 0.1;
      const inside = smooth(from, EDGE * across, near) * (1 - smooth(from + 0.1, EDGE * across, near));
      colour = blend(colour, bands[band] ?? palette.light, inside);
    }
    return colour;
  };
};

const scenes: readonly Scene[] = [hills, spheres, rings];
