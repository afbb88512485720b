import { numbersFrom } from '../faults/draw.js';
import { blend, paletteFor } from './colour.js';
import { encodeFrame, type Planes, pictureParameters, sequenceParameters } from './h264.js';
import { encodeMp4 } from './mp4.js';
import { type Picture, paintPicture, pictureSize } from './picture.js';

const LONG_SIDE = 320;
const FRAMES_PER_SECOND = 12.5;
const FRAMES = 50;
/** Sides are whole macroblocks. */
const BLOCK = 16;

/** Four seconds of a ball that goes round over the prompt's picture, as an MP4 with real H.264 in it. */
export function shootFilm(prompt: string, seed: string, ratio: number): Buffer {
  const [wide, high] = pictureSize(ratio, LONG_SIDE);
  const width = Math.max(1, Math.round(wide / BLOCK)) * BLOCK;
  const height = Math.max(1, Math.round(high / BLOCK)) * BLOCK;
  const background = paintPicture(prompt, seed, [width, height]);
  const { accent } = paletteFor(prompt, numbersFrom(`${seed}/${prompt}`));

  const frames: Buffer[] = [];
  let previous: Planes | undefined;
  for (let number = 0; number < FRAMES; number++) {
    const angle = (number / FRAMES) * 2 * Math.PI;
    const x = width * (0.5 + 0.34 * Math.sin(angle));
    const y = height * (0.45 + 0.24 * Math.sin(2 * angle));
    const frame = toPlanes(withBall(background, x, y, Math.min(width, height) * 0.15, accent));
    frames.push(encodeFrame(frame, previous, number));
    previous = frame;
  }
  return encodeMp4({
    width,
    height,
    framesPerSecond: FRAMES_PER_SECOND,
    sequenceParameters: sequenceParameters(width, height),
    pictureParameters: pictureParameters(),
    frames,
  });
}

function withBall(
  { width, height, pixels }: Picture,
  centreX: number,
  centreY: number,
  radius: number,
  colour: number,
): Picture {
  const drawn = pixels.slice();
  for (let y = Math.max(0, Math.floor(centreY - radius)); y < Math.min(height, centreY + radius); y++) {
    for (let x = Math.max(0, Math.floor(centreX - radius)); x < Math.min(width, centreX + radius); x++) {
      if (Math.hypot(x - centreX, y - centreY) > radius) continue;
      const light = Math.hypot(x - centreX + radius * 0.35, y - centreY + radius * 0.4) / (radius * 1.5);
      const lit = blend(blend(0xffffff, colour, light * 2), 0x101018, Math.max(0, light - 0.5));
      drawn.set([lit >> 16, (lit >> 8) & 255, lit & 255], (y * width + x) * 3);
    }
  }
  return { width, height, pixels: drawn };
}

/** To video colours (BT.601, limited range), one chroma value for each four pixels. */
function toPlanes({ width, height, pixels }: Picture): Planes {
  const luma = new Uint8Array(width * height);
  const blue = new Uint8Array(luma.length / 4);
  const red = new Uint8Array(luma.length / 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const r = pixels[at * 3] ?? 0;
      const g = pixels[at * 3 + 1] ?? 0;
      const b = pixels[at * 3 + 2] ?? 0;
      luma[at] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256;
      if (x % 2 === 1 || y % 2 === 1) continue;
      const half = ((y / 2) * width) / 2 + x / 2;
      blue[half] = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256;
      red[half] = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256;
    }
  }
  return { width, height, luma, blue, red };
}
