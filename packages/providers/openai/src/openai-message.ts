import { cleanCode, isExternalId, isStatusText, type ProviderFact, type ToldTask } from '@tasklatch/core';
import { z } from 'zod';

type Status = ProviderFact['status'];
type Words = (text: unknown) => string | null;

/** An incomplete response has no result to rely on (cut by a token limit or a filter), so it is a failure, with its output kept. */
const RESPONSE = new Map<string, Status>([
  ['queued', 'pending'],
  ['in_progress', 'running'],
  ['completed', 'succeeded'],
  ['failed', 'failed'],
  ['cancelled', 'canceled'],
  ['incomplete', 'failed'],
]);

/** An expired batch has ended unfinished, by OpenAI's clock and not by ours: canceled. What it finished is in its output file. */
const BATCH = new Map<string, Status>([
  ['validating', 'pending'],
  ['in_progress', 'running'],
  ['finalizing', 'running'],
  ['cancelling', 'running'],
  ['completed', 'succeeded'],
  ['failed', 'failed'],
  ['expired', 'canceled'],
  ['cancelled', 'canceled'],
]);

const taskId = z.custom<string>(isExternalId);
const status = z.custom<string>(isStatusText);
const responseShape = z.object({
  id: taskId,
  status,
  output: z.array(z.unknown()).nullish(),
  error: z.object({ code: z.unknown().optional(), message: z.unknown().optional() }).nullish().catch(null),
  incomplete_details: z.object({ reason: z.unknown().optional() }).nullish().catch(null),
});
const fileId = z.string().max(512).nullish().catch(null);
const count = z.number().int().nonnegative();
const batchShape = z.object({
  id: taskId,
  status,
  output_file_id: fileId,
  error_file_id: fileId,
  request_counts: z.object({ total: count, completed: count, failed: count }).nullish().catch(null),
  errors: z
    .object({ data: z.array(z.object({ code: z.unknown().optional(), message: z.unknown().optional() })) })
    .nullish()
    .catch(null),
});
const eventShape = z.object({
  object: z.literal('event'),
  type: z.string().regex(/^[\w.-]{1,100}$/),
  data: z.object({ id: taskId }),
});

/** Batches have ids of their own kind; everything else that is asked about is a response. */
export const isBatchId = (id: string): boolean => id.startsWith('batch_');

/** A response, as submits and checks show it. `instructions` and `input` are never read: inputs are not kept. */
export function readResponse(body: unknown, words: Words): ToldTask | undefined {
  const read = responseShape.safeParse(body);
  if (!read.success) return undefined;
  const { id: externalId, status: providerStatus, output, error, incomplete_details: incomplete } = read.data;
  const said = RESPONSE.get(providerStatus);
  const base = { externalId, providerStatus };
  if (said === undefined) return { ...base, status: 'pending', unknownStatus: true };
  const result = output?.length ? { result: { files: [], data: { output } } } : {};
  if (said === 'succeeded') return { ...base, status: said, ...result };
  if (said !== 'failed' && said !== 'canceled') return { ...base, status: said };
  const code = cleanCode(error?.code ?? incomplete?.reason, providerStatus);
  return { ...base, status: said, error: { code, message: words(error?.message) }, ...result };
}

/** A batch, as submits and checks show it. Its results are in files, which have ids and no URL. */
export function readBatch(body: unknown, words: Words): ToldTask | undefined {
  const read = batchShape.safeParse(body);
  if (!read.success) return undefined;
  const { id: externalId, status: providerStatus, output_file_id, error_file_id, request_counts, errors } = read.data;
  const said = BATCH.get(providerStatus);
  const base = { externalId, providerStatus };
  if (said === undefined) return { ...base, status: 'pending', unknownStatus: true };
  const { total = 0, completed = 0, failed = 0 } = request_counts ?? {};
  const progress = total > 0 ? Math.min(100, (100 * (completed + failed)) / total) : null;
  if (said === 'pending' || said === 'running') return { ...base, status: said, progress };
  const data = {
    output_file_id: output_file_id ?? null,
    error_file_id: error_file_id ?? null,
    request_counts: request_counts ?? null,
  };
  const result = { files: [], data };
  if (said === 'succeeded') return { ...base, status: said, result };
  const [first] = errors?.data ?? [];
  return {
    ...base,
    status: said,
    result,
    error: { code: cleanCode(first?.code, providerStatus), message: words(first?.message) },
  };
}

/**
 * A webhook event: the task's id and, in its type alone, what became of it. The result has to be fetched, so every fact is thin.
 * Events of other families (fine-tuning, evals, calls) are about nothing of ours: an empty list. Undefined for what is no event.
 */
export function readEvent(body: unknown): readonly ProviderFact[] | undefined {
  const read = eventShape.safeParse(body);
  if (!read.success) return undefined;
  const { type, data } = read.data;
  const [family, providerStatus = '', ...rest] = type.split('.');
  const table = family === 'response' ? RESPONSE : family === 'batch' ? BATCH : undefined;
  if (table === undefined || providerStatus === '' || rest.length > 0) return [];
  const said = table.get(providerStatus);
  const base = { externalId: data.id, providerStatus, thin: true };
  return [said === undefined ? { ...base, status: 'pending', unknownStatus: true } : { ...base, status: said }];
}
