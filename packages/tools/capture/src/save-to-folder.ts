import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Task } from '@tasklatch/core';
import type { CaptureTarget } from './capture-target.js';
import { fileExtension } from './file-extension.js';

/** Nothing writes to a temporary file for so long; an older one was left by a process that died. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/**
 * A folder as target: `<folder>/<task id>/<index>.<extension>`. A file appears under its name only when it is complete and on the disk:
 * it is written beside it as `.<index>.<random>.part` and renamed.
 */
export function saveToFolder(folder: string): CaptureTarget {
  const root = resolve(folder);
  return {
    async has({ task, index }) {
      const names = await namesIn(folderOf(root, task));
      return names.some((name) => name.startsWith(`${index}.`));
    },
    async put({ task, file, index, stream, contentType, signal }) {
      const own = folderOf(root, task);
      await mkdir(own, { recursive: true });
      await removeAbandoned(own);
      const part = join(own, `.${index}.${randomBytes(8).toString('hex')}.part`);
      try {
        // `wx`: a file or link of that name is not ours.
        const handle = await open(part, 'wx');
        try {
          await writeFile(handle, stream, { signal });
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(part, join(own, `${index}.${fileExtension(contentType, file.url)}`));
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      await syncFolder(own);
    },
  };
}

/** Task ids are ours and plain; another one must not become a path. */
const folderOf = (root: string, { id }: Task): string =>
  join(root, /^[\w-]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex'));

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!/^\.\d+\.[0-9a-f]{16}\.part$/.test(name)) continue;
    const path = join(folder, name);
    // Gone meanwhile: its writer has finished or removed it.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

/** So that the new name survives a power cut too. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // Not every system lets a folder be opened or synced; the file itself is on the disk.
  } finally {
    await handle?.close();
  }
}
