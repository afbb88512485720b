import { readdir } from 'node:fs/promises';
import { inspect } from 'node:util';
import type { Task } from '@tasklatch/core';
import { expect } from 'vitest';
import { type CaptureOptions, captureResults } from '../src/capture-results.js';
import { context } from './running.js';

/** Loopback over HTTP: what a test server is. */
export const here = { allowHttp: true, allowPrivate: true } as const;

export const png = Buffer.from('not really a picture');

/** What is in a folder, by name. */
export async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** What `captureResults` threw for a task, having checked that it shows no address. */
export async function failure(options: CaptureOptions, task: Task): Promise<unknown> {
  const error: unknown = await captureResults(options)(task, context()).then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  const shown = inspect(error, { showHidden: true, depth: 9 });
  for (const { url } of task.result?.files ?? []) {
    if (url !== '') expect(shown).not.toContain(url);
    if (URL.canParse(url)) expect(shown).not.toContain(new URL(url).host || 'no host');
  }
  return error;
}
