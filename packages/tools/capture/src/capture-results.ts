import { type ResultFile, type Task, TasklatchError } from '@tasklatch/core';
import { acceptsType } from './accepts-type.js';
import { type ResolveHost, systemResolve } from './allowed-addresses.js';
import { CaptureError } from './capture-error.js';
import type { CaptureTarget, PutFile } from './capture-target.js';
import { limitedBody } from './limited-body.js';
import { type DownloadRules, openDownload } from './open-download.js';
import { saveToFolder } from './save-to-folder.js';
import { untilAborted } from './until-aborted.js';

/** What a target gets to remove what it has begun, once its signal has aborted. */
const CLEAN_UP_MS = 1_000;

export interface CaptureOptions {
  /** A folder, or where else the files go. */
  readonly to: string | PutFile | CaptureTarget;
  /** Most bytes of one file. Default 512 MiB. */
  readonly maxBytes?: number;
  /** Most files of one task; of a task with more none is fetched. Default 32. */
  readonly maxFiles?: number;
  /** Most time for one file, redirects and `put` included. Default 2 minutes; an effect as a whole has 5. */
  readonly timeoutMs?: number;
  /** Files of one task at once. Default 3. */
  readonly concurrency?: number;
  /** Default 3. */
  readonly maxRedirects?: number;
  /** Which content types (lower case, no parameters) are taken. Default: the media of the file's kind, or an unsaid type; never a page. */
  readonly accepts?: (file: ResultFile, contentType: string) => boolean;
  /** Also take `http:`. Default `false`. */
  readonly allowHttp?: boolean;
  /**
   * Also connect to addresses that are not on the public internet: all of them, or those for which the function says so. Default `false`. A result
   * URL comes from outside, so `true` lets whoever can write one make this process read the network it stands in.
   */
  readonly allowPrivate?: boolean | ((address: string) => boolean);
  /** Default: the system's resolver. */
  readonly resolve?: ResolveHost;
  /** Certificate authorities (PEM) instead of Node's, for a storage of one's own. */
  readonly ca?: string;
}

/** What an effect handler gets that is of use here. */
export interface CaptureContext {
  readonly signal: AbortSignal;
  readonly effectKey: string;
}

/**
 * An effect that downloads the result files of a succeeded task before their links die:
 * `latch.onSettled(captureResults({ to: './results' }), { name: 'capture', transaction: false })`. Files that are there are not fetched
 * again, so an attempt goes on where the last one stopped. Fails with `CaptureError` after all files were tried.
 */
export function captureResults(options: CaptureOptions): (task: Task, context: CaptureContext) => Promise<void> {
  const limits = checkedLimits(options);
  const { accepts = acceptsType, allowHttp = false, allowPrivate = false, resolve = systemResolve, ca } = options;
  const rules: DownloadRules = { allowHttp, allowPrivate, resolve, ca, maxRedirects: limits.maxRedirects };
  const target = targetOf(options.to);

  async function capture(task: Task, file: ResultFile, index: number, outer: AbortSignal): Promise<void> {
    if (await target.has?.({ task, file, index })) return;
    const over = AbortSignal.timeout(limits.timeoutMs);
    const signal = AbortSignal.any([outer, over]);
    try {
      const response = await openDownload(file.url, rules, signal);
      try {
        const contentType = (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
        if (!accepts(file, contentType)) throw new CaptureError('wrong_type');
        // Asked not to; unpacking it would need limits of its own, and kept packed it would be another file.
        if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') throw new CaptureError('encoded');
        const bytes = announced(response.headers['content-length']);
        if (bytes !== null && bytes > limits.maxBytes) throw new CaptureError('too_large');
        const body = limitedBody(response, limits.maxBytes);
        try {
          await untilAborted(
            signal,
            target.put({ task, file, index, stream: body.stream, contentType, bytes, signal }),
            CLEAN_UP_MS,
          );
        } catch (error) {
          // A broken body breaks `put` as well; the first cause counts.
          throw body.failure() ?? error;
        } finally {
          body.stream.destroy();
        }
        if (!body.complete()) throw body.failure() ?? new CaptureError('not_consumed');
      } finally {
        response.destroy();
      }
    } catch (error) {
      if (outer.aborted) throw outer.reason;
      if (over.aborted) throw new CaptureError('timeout', index);
      throw error instanceof CaptureError ? new CaptureError(error.code, index) : error;
    }
  }

  return async (task, { signal }) => {
    const files = task.status === 'succeeded' ? (task.result?.files ?? []) : [];
    if (files.length > limits.maxFiles) throw new CaptureError('too_many_files');
    const failures: unknown[] = [];
    const queue = files.entries();
    const work = async (): Promise<void> => {
      for (const [index, file] of queue) {
        signal.throwIfAborted();
        await capture(task, file, index, signal).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: limits.concurrency }, work));
    signal.throwIfAborted();
    // One that another attempt may cure goes first: a final one would park the effect and the others with it.
    if (failures.length > 0) throw failures.find((error) => !isFinal(error)) ?? failures[0];
  };
}

const isFinal = (error: unknown): boolean => error instanceof CaptureError && !error.retry;

const targetOf = (to: CaptureOptions['to']): CaptureTarget =>
  typeof to === 'string' ? saveToFolder(to) : typeof to === 'function' ? { put: to } : to;

const announced = (length: string | undefined): number | null =>
  length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;

function checkedLimits(options: CaptureOptions) {
  const limits = {
    maxBytes: options.maxBytes ?? 512 * 1024 * 1024,
    maxFiles: options.maxFiles ?? 32,
    timeoutMs: options.timeoutMs ?? 120_000,
    concurrency: options.concurrency ?? 3,
    maxRedirects: options.maxRedirects ?? 3,
  };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= (name === 'maxRedirects' ? 0 : 1)) continue;
    throw new TasklatchError('invalid_options', `\`${name}\` of captureResults() must be a whole number above 0.`);
  }
  if (options.to === '')
    throw new TasklatchError('invalid_options', '`to` of captureResults() is an empty folder name.');
  return limits;
}
