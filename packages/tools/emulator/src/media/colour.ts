/** A colour as 0xRRGGBB. */
export type Colour = number;

export interface Palette {
  readonly dark: Colour;
  readonly deep: Colour;
  readonly mid: Colour;
  readonly light: Colour;
  readonly accent: Colour;
}

/** Words in a prompt that set the main hue, in degrees. */
const hues: Readonly<Record<string, number>> = {
  red: 2,
  orange: 24,
  gold: 42,
  yellow: 50,
  green: 135,
  forest: 145,
  teal: 175,
  sea: 195,
  water: 200,
  blue: 215,
  night: 235,
  purple: 275,
  violet: 280,
  pink: 335,
  rose: 345,
};

/** Five colours that go together, from chance or from the first colour word in the prompt. */
export function paletteFor(prompt: string, random: () => number): Palette {
  const word = prompt
    .toLowerCase()
    .match(/[a-z]+/g)
    ?.find((one) => Object.hasOwn(hues, one));
  const drawn = random() * 360;
  // A word leaves some play, so that two red pictures are not the same red.
  const hue = word ? (hues[word] ?? drawn) + (drawn / 360 - 0.5) * 20 : drawn;
  const turn = random() < 0.5 ? 32 : -32;
  const accent = hue + (random() < 0.5 ? 165 : 195);
  return {
    dark: hsl(hue + turn, 0.45, 0.13),
    deep: hsl(hue + turn * 0.7, 0.5, 0.29),
    mid: hsl(hue, 0.58, 0.5),
    light: hsl(hue - turn * 0.6, 0.75, 0.84),
    accent: hsl(accent, 0.85, 0.63),
  };
}

export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const spread = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (offset + (((hue % 360) + 360) % 360) / 30) % 12;
    return Math.round(255 * (lightness - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return (channel(0) << 16) | (channel(8) << 8) | channel(4);
}

/** From `from` (part 0) to `to` (part 1). Written out per channel: it runs several times for each pixel. */
export function blend(from: Colour, to: Colour, part: number): Colour {
  if (part <= 0) return from;
  if (part >= 1) return to;
  const red = from >> 16;
  const green = (from >> 8) & 255;
  const blue = from & 255;
  return (
    ((red + ((to >> 16) - red) * part + 0.5) << 16) |
    ((green + (((to >> 8) & 255) - green) * part + 0.5) << 8) |
    (blue + ((to & 255) - blue) * part + 0.5)
  );
}

/** 0 below `edge`, 1 above, smooth over `width` around it. */
export function smooth(edge: number, width: number, value: number): number {
  const part = (value - edge + width / 2) / width;
  if (part <= 0) return 0;
  return part >= 1 ? 1 : part * part * (3 - 2 * part);
}
