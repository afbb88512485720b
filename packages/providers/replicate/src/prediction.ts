import { fileAt, filesIn, isExternalId, isStatusText, type TaskResult, type ToldTask } from '@tasklatch/core';
import { z } from 'zod';

/** Every status of a prediction. `aborted` is in the client's types only; the webhook page names three terminal ones. */
const STATUSES = new Map([
  ['starting', 'pending'],
  ['processing', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
  ['aborted', 'canceled'],
] as const);

/** Strict about what decides, lenient about what only decorates. `input` and `logs` (which quote it) are never read. */
const shape = z.object({
  id: z.custom<string>(isExternalId),
  status: z.custom<string>(isStatusText),
  output: z.unknown().optional(),
  error: z.unknown().optional(),
});

/** The task in a prediction, as submits, checks and webhooks all show it; undefined when the body is none. */
export function readPrediction(body: unknown, words: (text: unknown) => string | null): ToldTask | undefined {
  const read = shape.safeParse(body);
  if (!read.success) return undefined;
  const { id: externalId, status: providerStatus, output, error } = read.data;
  const status = new Map<string, ToldTask['status']>(STATUSES).get(providerStatus);
  switch (status) {
    case undefined:
      return { externalId, status: 'pending', providerStatus, unknownStatus: true };
    case 'succeeded':
      return { externalId, status, providerStatus, result: resultOf(output) };
    case 'failed':
      return { externalId, status, providerStatus, error: { code: 'failed', message: words(error) } };
    case 'canceled':
      return { externalId, status, providerStatus, error: { code: providerStatus, message: words(error) } };
    default:
      return { externalId, status, providerStatus };
  }
}

/**
 * Text, a list or an object, by model. Null when there is none (any more: with `data_removed` it is gone after an hour). Output that
 * is nothing but files is not kept a second time as data.
 */
function resultOf(output: unknown): TaskResult | null {
  if (output === null || output === undefined) return null;
  const files = filesIn(output);
  const onlyFiles = [output].flat().every((item) => fileAt(item) !== undefined);
  return onlyFiles ? { files } : { files, data: { output } };
}
