import type { ResultFile, TaskResult } from '@tasklatch/core';
import { z } from 'zod';
import { cleanJson } from './clean-text.js';
import { readJson } from './read-json.js';

type Item = Readonly<Record<string, unknown>>;
type Kind = ResultFile['kind'];

/** `files` as it comes: plain items (`file_url`, `file_type`) or music items (`audio_url`, …). More than 1000 is refused. */
export const fileItems = z.array(z.record(z.string(), z.unknown())).max(1000);

/** `file_type` of plain items. `3d`, `lyrics` and `other` are shown by sister services only. */
const KIND_OF_TYPE = new Map<unknown, Kind>([
  ['image', 'image'],
  ['video', 'video'],
  ['audio', 'audio'],
  ['model', 'model'],
  ['3d', 'model'],
]);

const KIND_OF_EXTENSION = new Map<string, Kind>([
  ...['png', 'jpg', 'jpeg', 'webp', 'gif', 'avif'].map((extension) => [extension, 'image'] as const),
  ...['mp4', 'webm', 'mov'].map((extension) => [extension, 'video'] as const),
  ...['mp3', 'wav', 'flac', 'm4a', 'ogg', 'aac'].map((extension) => [extension, 'audio'] as const),
  ...['glb', 'gltf', 'obj', 'fbx', 'usdz', 'stl'].map((extension) => [extension, 'model'] as const),
]);

/** URL fields of music items. `watermark_url` of plain items is left out: it is the same picture again. */
const KIND_OF_FIELD = new Map<string, Kind>([
  ['audio_url', 'audio'],
  ['wav_url', 'audio'],
  ['vocals_url', 'audio'],
  ['vocal_url', 'audio'],
  ['instrumental_url', 'audio'],
  ['video_url', 'video'],
  ['image_url', 'image'],
  ['midi_url', 'other'],
]);

/** Fields whose value is a JSON document inside a string (sister services), every URL in it a result, and what those are. */
const KIND_IN_DOCUMENT = new Map<string, Kind>([
  ['separate_vocals', 'audio'],
  ['vocal_removal', 'audio'],
  ['stem_split', 'audio'],
  ['generate_cover', 'image'],
]);

/** Not said again in `data`: inputs are not kept, and links belong to `files`. */
const UNSAID = new Set(['prompt', 'file_url', 'file_type', 'watermark_url']);

/** Music models that make words instead of a file. */
const WORDS = ['lyrics', 'text', 'timestamped_lyrics', 'timestampe_lyrics', 'persona_id', 'enhanced_style'];

/**
 * What a finished task made: its files, and as `data.items` what music items say besides URLs (titles, lyrics, ids). The prompt is left
 * out: inputs are not kept. Null when there is neither a file nor a text, which is no result.
 */
export function resultOf(
  files: readonly Item[] | null | undefined,
  outputFiles: readonly Item[] | null | undefined,
): TaskResult | null {
  const items = files?.length ? files : (outputFiles ?? []);
  const found = new Map<string, ResultFile>();
  for (const file of items.flatMap(filesOf)) if (!found.has(file.url)) found.set(file.url, file);
  if (found.size === 0 && !items.some(hasWords)) return null;
  const said = items.filter((item) => !isUrl(item.file_url)).map(besidesFiles);
  const data = said.some((item) => Object.keys(item).length > 0) ? { data: { items: said } } : {};
  return { files: [...found.values()], ...data };
}

function filesOf(item: Item): ResultFile[] {
  const plain = isUrl(item.file_url) ? [{ url: item.file_url, kind: kindOf(item, item.file_url) }] : [];
  const named = Object.entries(item).flatMap(([field, value]) => {
    const kind = KIND_OF_FIELD.get(field);
    if (kind !== undefined) return isUrl(value) ? [{ url: value, kind }] : [];
    const inside = KIND_IN_DOCUMENT.get(field);
    return inside === undefined ? [] : filesIn(documentOf(value), inside);
  });
  return [...plain, ...named];
}

function kindOf(item: Item, url: string): Kind {
  return (
    KIND_OF_TYPE.get(item.file_type) ??
    (item.file_type === undefined ? KIND_OF_EXTENSION.get(extensionOf(url)) : undefined) ??
    'other'
  );
}

const extensionOf = (url: string): string =>
  /\.([a-z0-9]{2,5})$/i.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? '';

/** Every URL in a document, in its order; `readJson` has bounded the depth. */
function filesIn(value: unknown, kind: Kind): ResultFile[] {
  if (isUrl(value)) return [{ url: value, kind: KIND_OF_EXTENSION.get(extensionOf(value)) ?? kind }];
  if (Array.isArray(value)) return value.flatMap((inner) => filesIn(inner, kind));
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap((inner) => filesIn(inner, kind));
  return [];
}

function documentOf(value: unknown): unknown {
  if (typeof value !== 'string' || isUrl(value)) return value;
  try {
    return readJson(value);
  } catch {
    // Not a document after all, so there is no file in it.
    return undefined;
  }
}

function hasWords(item: Item): boolean {
  if (WORDS.some((field) => !isEmpty(item[field]))) return true;
  // `boost-music-style` answers with a style alone; beside anything else it only repeats the input.
  return !isEmpty(item.style) && Object.entries(item).every(([field, value]) => field === 'style' || isEmpty(value));
}

function besidesFiles(item: Item): Record<string, unknown> {
  const kept = Object.entries(item).filter(
    ([field, value]) =>
      !UNSAID.has(field) && !KIND_OF_FIELD.has(field) && !KIND_IN_DOCUMENT.has(field) && !isEmpty(value),
  );
  return Object.fromEntries(kept.map(([field, value]) => [field, cleanJson(value)]));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'string' && value.trim() === '') ||
  (Array.isArray(value) && value.length === 0);

/** Absolute http(s), without blanks, control characters or lone surrogates. Anything else is no link to a file. */
const isUrl = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= 8192 &&
  /^https?:\/\/[^\s\p{Cc}\p{Surrogate}]+$/iu.test(value) &&
  URL.canParse(value);
