import type { ResultFile } from '@tasklatch/core';

/** What storage servers say when they do not know. */
const UNTOLD = ['', 'application/octet-stream', 'binary/octet-stream'];

/**
 * The default for `accepts`: a file's own kind of media, or a type that says nothing. A page is never a result: it is what servers
 * show in place of a file that is gone.
 */
export function acceptsType({ kind }: ResultFile, contentType: string): boolean {
  if (UNTOLD.includes(contentType)) return true;
  if (contentType === 'text/html' || contentType === 'application/xhtml+xml') return false;
  if (kind === 'other') return true;
  // 3D formats have few types of their own, and come as text (OBJ), zip or JSON (glTF) as well.
  if (kind === 'model') return /^(model|application|text)\//.test(contentType);
  if (kind === 'audio' && contentType === 'application/ogg') return true;
  return contentType.startsWith(`${kind}/`);
}
