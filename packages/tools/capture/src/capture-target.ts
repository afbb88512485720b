import type { Readable } from 'node:stream';
import type { ResultFile, Task } from '@tasklatch/core';

/** One file on its way. */
export interface CaptureUpload {
  readonly task: Task;
  readonly file: ResultFile;
  /** Place of the file in `task.result.files`; with the task's id the name that stays the same over attempts. */
  readonly index: number;
  /**
   * The bytes. Read it to its end; it fails when the file is too large or breaks off, and what was read till then must not be kept as the
   * file.
   */
  readonly stream: Readable;
  /** In lower case without parameters; empty when the server says none. */
  readonly contentType: string;
  /** The length that the server announced; null when it did not. */
  readonly bytes: number | null;
  /** Aborted when the time for this file is over or the effect must stop. */
  readonly signal: AbortSignal;
}

/** Stores one file. It may be called again for the same file after a failure, so it must replace and not append. */
export type PutFile = (upload: CaptureUpload) => Promise<unknown>;

export interface CaptureTarget {
  readonly put: PutFile;
  /** True when an earlier attempt stored this file: it is not fetched again. Without it all files of a failed attempt are fetched again. */
  readonly has?: (wanted: Pick<CaptureUpload, 'task' | 'file' | 'index'>) => Promise<boolean>;
}
