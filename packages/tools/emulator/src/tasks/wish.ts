import { type Input, isRecord } from '../input/input-rule.js';
import type { Family } from '../input/models.js';
import type { Wish } from './task.js';

const MOST_FILES = 15;
const KEPT_CHARACTERS = 500;

/** Reads from an input what the results depend on, so that the input itself need not be kept. */
export function wishFrom(input: Input, model: string, family: Family): Wish {
  const prompt = typeof input.prompt === 'string' && input.prompt !== '' ? input.prompt : JSON.stringify(input);
  return {
    prompt: prompt.slice(0, KEPT_CHARACTERS),
    title: text(input.title) ?? titleFrom(prompt),
    style: text(input.style) ?? text(input.tags) ?? 'Ambient',
    ratio: ratioFrom(input.aspect_ratio) ?? ratioFrom(input.size) ?? (family === 'video' ? 16 / 9 : 1),
    files: filesFor(input, model, family),
  };
}

/** How many results a model gives: `n` pictures, two variants of a song, as many stems as the model separates, else one. */
function filesFor(input: Input, model: string, family: Family): number {
  if (family === 'image') {
    return typeof input.n === 'number' ? Math.min(MOST_FILES, Math.max(1, Math.floor(input.n))) : 1;
  }
  if (family !== 'music') return 1;
  if (/separate-vocals$/.test(model)) return 2;
  if (model === 'stem-split') return 6;
  return /^(generate-music|extend-music|add-|replace-section|upload-and-)/.test(model) ? 2 : 1;
}

/** `16:9`, `1280x720` and `{width, height}` as a number between 1:3 and 3:1. */
function ratioFrom(size: unknown): number | undefined {
  let width = 0;
  let height = 0;
  if (typeof size === 'string') {
    const match = /^(\d{1,5})\s*[:x×*]\s*(\d{1,5})$/i.exec(size.trim());
    width = Number(match?.[1] ?? 0);
    height = Number(match?.[2] ?? 0);
  } else if (isRecord(size)) {
    width = Number(size.width);
    height = Number(size.height);
  }
  return width > 0 && height > 0 ? Math.min(3, Math.max(1 / 3, width / height)) : undefined;
}

function titleFrom(prompt: string): string {
  return prompt.split(/\s+/).slice(0, 4).join(' ').slice(0, 60);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, KEPT_CHARACTERS) : undefined;
}
