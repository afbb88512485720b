import { fileAt, filesIn, jsonOf, type ResultFile, type TaskResult } from '@tasklatch/core';
import { z } from 'zod';

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
  const said = items.filter((item) => fileAt(item.file_url) === undefined).map(besidesFiles);
  const data = said.some((item) => Object.keys(item).length > 0) ? { data: { items: said } } : {};
  return { files: [...found.values()], ...data };
}

function filesOf(item: Item): ResultFile[] {
  const named = Object.entries(item).flatMap(([field, value]) => {
    const kind = KIND_OF_FIELD.get(field);
    if (kind !== undefined) return withKind(kind, fileAt(value));
    const inside = KIND_IN_DOCUMENT.get(field);
    if (inside === undefined) return [];
    return filesIn(documentOf(value)).map((file) => (file.kind === 'other' ? { ...file, kind: inside } : file));
  });
  // Only where there is no type does the extension decide.
  const { file_type: type } = item;
  const kind = type === undefined ? undefined : (KIND_OF_TYPE.get(type) ?? 'other');
  return [...withKind(kind, fileAt(item.file_url)), ...named];
}

const withKind = (kind: Kind | undefined, file: ResultFile | undefined): ResultFile[] =>
  file === undefined ? [] : [{ ...file, kind: kind ?? file.kind }];

/** What no JSON is in the text holds no file either. */
const documentOf = (value: unknown): unknown =>
  typeof value === 'string' && fileAt(value) === undefined ? jsonOf(value) : value;

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
  return Object.fromEntries(kept);
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'string' && value.trim() === '') ||
  (Array.isArray(value) && value.length === 0);
