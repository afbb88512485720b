import type { Faults } from '@tasklatch/emulator';

export const families = ['image', 'video', 'music', '3d'] as const;
export type Family = (typeof families)[number];

export const switches = ['duplicate', 'lost', 'early', 'forged'] as const;
export type Switch = (typeof switches)[number];

const MODELS: Record<Family, { readonly model: string; readonly extra: Record<string, unknown> }> = {
  image: { model: 'z-image', extra: { size: '1:1' } },
  video: { model: 'seedance-2', extra: { duration: 5, resolution: '720p' } },
  music: { model: 'minimax-music-2.6', extra: { lyrics_optimizer: true } },
  '3d': { model: 'meshy-6-text-to-3d', extra: {} },
};

/** What is sent to APIDot for a wish of the page. `marker` lets the demo find it again at the emulator; the real API has no such field. */
export function requestFor(
  family: Family,
  prompt: string,
  marker: string,
): { model: string; input: Record<string, unknown> } {
  const { extra, model } = MODELS[family];
  return { model, input: { prompt: prompt.padEnd(10, '.'), marker, ...extra } };
}

export function faultsFor(on: ReadonlySet<Switch>): Faults {
  return {
    callback: {
      ...(on.has('duplicate') ? { duplicate: 1, copies: 5 } : {}),
      ...(on.has('lost') ? { lost: 1 } : {}),
      ...(on.has('early') ? { early: 1 } : {}),
      ...(on.has('forged') ? { forged: 1 } : {}),
    },
    ...(on.has('early') ? { submit: { slow: 1, slowMs: 1_500 } } : {}),
  };
}
