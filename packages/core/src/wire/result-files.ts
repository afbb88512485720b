import type { ResultFile } from '../task.js';

type Kind = ResultFile['kind'];

const KIND_OF_EXTENSION = new Map<string, Kind>([
  ...['png', 'jpg', 'jpeg', 'webp', 'gif', 'avif', 'svg'].map((extension) => [extension, 'image'] as const),
  ...['mp4', 'webm', 'mov'].map((extension) => [extension, 'video'] as const),
  ...['mp3', 'wav', 'flac', 'm4a', 'ogg', 'aac', 'opus'].map((extension) => [extension, 'audio'] as const),
  ...['glb', 'gltf', 'obj', 'fbx', 'usdz', 'stl', 'ply'].map((extension) => [extension, 'model'] as const),
]);

/** Most files of one result. */
export const MAX_FILES = 1000;

/**
 * A file at a URL; undefined when it is no http(s) URL that a browser would take. The kind is told by `contentType` where there is
 * one, else by the extension.
 */
export function fileAt(url: unknown, contentType?: unknown): ResultFile | undefined {
  if (!isFileUrl(url)) return undefined;
  const [family] = typeof contentType === 'string' ? contentType.toLowerCase().split('/') : [];
  const byType = (['image', 'video', 'audio', 'model'] as const).find((kind) => kind === family);
  const extension = /\.([a-z0-9]{2,5})$/i.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? '';
  return { url, kind: byType ?? KIND_OF_EXTENSION.get(extension) ?? 'other' };
}

/**
 * Every file in a JSON document, in its order, each once: strings that are URLs, and objects with a `url` (and a `content_type`). Expects
 * a document of bounded depth, as `jsonOf` gives it.
 */
export function filesIn(document: unknown): readonly ResultFile[] {
  const found = new Map<string, ResultFile>();
  const visit = (value: unknown): void => {
    if (found.size === MAX_FILES) return;
    const file =
      typeof value === 'string' ? fileAt(value) : isRecord(value) ? fileAt(value.url, value.content_type) : undefined;
    if (file !== undefined && !found.has(file.url)) found.set(file.url, file);
    if (Array.isArray(value)) value.forEach(visit);
    else if (isRecord(value)) Object.values(value).forEach(visit);
  };
  visit(document);
  return [...found.values()];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Absolute http(s), without blanks, control characters or lone surrogates. */
const isFileUrl = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= 8192 &&
  /^https?:\/\/[^\s\p{Cc}\p{Surrogate}]+$/iu.test(value) &&
  URL.canParse(value);
