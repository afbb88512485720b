import { shootFilm } from './film.js';
import { buildGlb } from './glb.js';
import { encodeMidi } from './midi.js';
import { paintPicture, pictureSize } from './picture.js';
import { encodePng } from './png.js';
import { composeTune } from './tune.js';
import { renderWav } from './wav.js';

export type MediaKind = 'png' | 'mp4' | 'wav' | 'glb' | 'mid';

export interface MediaOrder {
  readonly kind: MediaKind;
  readonly prompt: string;
  readonly seed: string;
  readonly ratio: number;
}

/** Makes media when they are first asked for, and keeps the latest. */
export interface MediaCache {
  get(order: MediaOrder): Promise<Buffer>;
}

const KEPT = 64;

export function createMediaCache(): MediaCache {
  const kept = new Map<string, Promise<Buffer>>();
  return {
    get(order) {
      const key = JSON.stringify([order.kind, order.seed, order.ratio, order.prompt]);
      const media = kept.get(key) ?? make(order);
      // Put at the end, so that the one asked for longest ago is the first to go.
      kept.delete(key);
      kept.set(key, media);
      const oldest = kept.keys().next();
      if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
      return media;
    },
  };
}

async function make({ kind, prompt, seed, ratio }: MediaOrder): Promise<Buffer> {
  switch (kind) {
    case 'png':
      return encodePng(paintPicture(prompt, seed, pictureSize(ratio)));
    case 'mp4':
      return shootFilm(prompt, seed, ratio);
    case 'wav':
      return renderWav(composeTune(`${seed}/${prompt}`));
    case 'mid':
      return encodeMidi(composeTune(`${seed}/${prompt}`));
    case 'glb':
      return buildGlb(prompt, seed);
  }
}
