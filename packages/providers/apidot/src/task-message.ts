import type { ProviderFact } from '@tasklatch/core';
import { z } from 'zod';
import { cleanText } from './clean-text.js';
import { fileItems, resultOf } from './result-files.js';

/** Control characters and lone surrogates: an id that holds one can't be stored or asked about. */
const ODD = /[\p{Cc}\p{Surrogate}]/u;

/** Ids are opaque: any text that fits in a URL segment. `.` and `..` would name another path. */
const taskId = z
  .string()
  .min(1)
  .max(512)
  .refine((id) => !ODD.test(id) && id !== '.' && id !== '..');

/** True for an id that APIDot can be asked about. */
export const isTaskId = (id: unknown): id is string => taskId.safeParse(id).success;

/**
 * A task as the submit answer, the status answer and the callback show it. Strict about what decides (id, status), lenient about what only
 * decorates. `created_time` is not read: it has no time zone.
 */
const taskShape = z.object({
  task_id: taskId,
  status: z
    .string()
    .max(100)
    .refine((status) => !ODD.test(status))
    .nullish(),
  progress: z.number().nullish().catch(null),
  error_message: z.string().nullish().catch(null),
});

const filesShape = z.object({
  files: fileItems.nullish(),
  output: z.looseObject({ files: fileItems.nullish() }).nullish(),
});

const envelopeShape = z.looseObject({ data: z.unknown().optional(), task_id: z.unknown().optional() });

export interface TaskMessage {
  /** The `code` of the envelope when it is one of an error, else null. Undocumented inside HTTP 200; always looked at. */
  readonly errorCode: number | null;
  readonly fact: ProviderFact & { readonly externalId: string };
}

/**
 * Reads a task from a body: wrapped in `data` or flat, files in `files` or in `output.files`, music items or plain ones. Undefined when
 * the body is no task: no id, two different ids, or a shape that no source shows.
 */
export function readTask(body: unknown): TaskMessage | undefined {
  const source = taskIn(body);
  const task = taskShape.safeParse(source);
  if (!task.success) return undefined;
  const fact = factOf(task.data, source);
  return fact && { errorCode: errorCodeIn(body), fact };
}

/** Reads a submit answer: only the id decides, since whatever else it says, the task was made. */
export function readSubmitted(body: unknown): TaskMessage['fact'] | undefined {
  const source = taskIn(body);
  const externalId = source?.task_id;
  if (source === undefined || !isTaskId(externalId)) return undefined;
  const status = taskShape.shape.status.safeParse(source.status);
  const providerStatus = status.success ? (status.data ?? null) : null;
  if (providerStatus === 'running') return { externalId, status: 'running', providerStatus };
  if (providerStatus === 'not_started' || providerStatus === null)
    return { externalId, status: 'pending', providerStatus };
  // Ready at once is undocumented: the first check tells, with the files.
  return { externalId, status: 'pending', providerStatus, unknownStatus: true };
}

/** The task of a body: what `data` holds, else the body itself. Undefined when there is none, or two with different ids. */
function taskIn(body: unknown): Record<string, unknown> | undefined {
  const envelope = envelopeShape.safeParse(body);
  if (!envelope.success) return undefined;
  const { data, task_id: flatId } = envelope.data;
  if (!isRecord(data) || !('task_id' in data)) return envelope.data;
  return flatId === undefined || flatId === data.task_id ? data : undefined;
}

/** The error code of an envelope, or null for 200, 0 (both mean success) and for none. */
export function errorCodeIn(body: unknown): number | null {
  const code = isRecord(body) ? body.code : undefined;
  const number = typeof code === 'string' && /^\d{1,6}$/.test(code) ? Number(code) : code;
  if (typeof number !== 'number' || !Number.isFinite(number)) return null;
  return number === 0 || number === 200 ? null : number;
}

function factOf(task: z.infer<typeof taskShape>, source: unknown): TaskMessage['fact'] | undefined {
  const externalId = task.task_id;
  const providerStatus = task.status ?? null;
  const progress = typeof task.progress === 'number' ? Math.min(Math.max(task.progress, 0), 100) : null;
  switch (providerStatus) {
    case null:
      return { externalId, status: null };
    case 'not_started':
      return { externalId, status: 'pending', providerStatus, progress };
    case 'running':
      return { externalId, status: 'running', providerStatus, progress };
    case 'failed':
      return { externalId, status: 'failed', providerStatus, error: failure(task.error_message) };
    case 'finished': {
      const files = filesShape.safeParse(source);
      if (!files.success) return undefined;
      const result = resultOf(files.data.files, files.data.output?.files);
      if (result !== null) return { externalId, status: 'succeeded', providerStatus, result };
      // Finished with nothing to show is not a success: the task stays open, is reported, and is asked about again.
      return { externalId, status: 'pending', providerStatus, unknownStatus: true };
    }
    default:
      return { externalId, status: 'pending', providerStatus, unknownStatus: true, progress };
  }
}

/** No source shows a machine-readable reason, so there is one code; the reason is in the words. */
function failure(message: string | null | undefined): { code: string; message: string | null } {
  return { code: 'failed', message: typeof message === 'string' ? cleanText(message) : null };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
