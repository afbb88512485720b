import { isExternalId, jsonOf, type ToldTask, unparseable } from '@tasklatch/core';
import { z } from 'zod';
import { fileItems, resultOf } from './result-files.js';

type Words = (text: unknown) => string | null;

/**
 * A task as the submit answer, the status answer and the callback show it. Strict about what decides (id, status), lenient about what only
 * decorates. `created_time` is not read: it has no time zone.
 */
const taskShape = z.object({
  task_id: z.custom<string>(isExternalId),
  status: z.string().max(100).nullish(),
  progress: z.number().nullish().catch(null),
  error_message: z.unknown().optional(),
});

const filesShape = z.object({
  files: fileItems.nullish(),
  output: z.looseObject({ files: fileItems.nullish() }).nullish(),
});

const envelopeShape = z.looseObject({ data: z.unknown().optional(), task_id: z.unknown().optional() });

/**
 * Reads a task from a body: wrapped in `data` or flat, files in `files` or in `output.files`, music items or plain ones. Undefined when
 * the body is no task: no id, two different ids, or a shape that no source shows.
 */
export function readTask(body: unknown, words: Words): ToldTask | undefined {
  const source = taskIn(body);
  const task = taskShape.safeParse(source);
  return task.success ? factOf(task.data, source, words) : undefined;
}

/** Reads a submit answer: only the id decides, since whatever else it says, the task was made. */
export function readSubmitted(body: unknown): ToldTask | undefined {
  const source = taskIn(body);
  const externalId = source?.task_id;
  if (source === undefined || !isExternalId(externalId)) return undefined;
  const status = taskShape.shape.status.safeParse(source.status);
  const providerStatus = status.success ? (status.data ?? null) : null;
  if (providerStatus === 'running') return { externalId, status: 'running', providerStatus };
  if (providerStatus === 'not_started' || providerStatus === null)
    return { externalId, status: 'pending', providerStatus };
  // Ready at once is undocumented: the first check tells, with the files.
  return { externalId, status: 'pending', providerStatus, unknownStatus: true };
}

/** Reads a callback body, flat or wrapped. Throws `unparseable` for any other body. */
export function readDelivered(bytes: Uint8Array, words: Words): ToldTask {
  const body = jsonOf(bytes);
  if (body === undefined) throw unparseable('The body is not JSON in UTF-8, or is nested too deep.');
  const fact = readTask(body, words);
  if (fact === undefined)
    throw unparseable('The body is no APIDot task: no task_id, or a shape that is not documented.');
  // An error code beside anything but a failure contradicts itself; a person should look.
  if (errorCodeIn(body) !== null && fact.status !== 'failed') {
    throw unparseable('The body holds an error code beside a task that did not fail.');
  }
  return fact;
}

/**
 * The `code` of an envelope when it is one of an error; null for 200, 0 (both mean success) and for none. Undocumented inside HTTP 200;
 * always looked at.
 */
export function errorCodeIn(body: unknown): number | null {
  const code = isRecord(body) ? body.code : undefined;
  const number = typeof code === 'string' && /^\d{1,6}$/.test(code) ? Number(code) : code;
  if (typeof number !== 'number' || !Number.isFinite(number)) return null;
  return number === 0 || number === 200 ? null : number;
}

/** The task of a body: what `data` holds, else the body itself. Undefined when there is none, or two with different ids. */
function taskIn(body: unknown): Record<string, unknown> | undefined {
  const envelope = envelopeShape.safeParse(body);
  if (!envelope.success) return undefined;
  const { data, task_id: flatId } = envelope.data;
  if (!isRecord(data) || !('task_id' in data)) return envelope.data;
  return flatId === undefined || flatId === data.task_id ? data : undefined;
}

function factOf(task: z.infer<typeof taskShape>, source: unknown, words: Words): ToldTask | undefined {
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
      // No source shows a machine-readable reason, so there is one code; the reason is in the words.
      return {
        externalId,
        status: 'failed',
        providerStatus,
        error: { code: 'failed', message: words(task.error_message) },
      };
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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
