import {
  cleanCode,
  fileAt,
  isExternalId,
  isStatusText,
  jsonOf,
  kieTaskId,
  type ProviderFact,
  type TaskResult,
  type ToldTask,
} from '@tasklatch/core';
import { z } from 'zod';

type Status = ProviderFact['status'];
type Words = (text: unknown) => string | null;

const STATES = new Map<string, Status>([
  ['waiting', 'pending'],
  ['queuing', 'pending'],
  ['generating', 'running'],
  ['success', 'succeeded'],
  ['fail', 'failed'],
]);

/** Suno sends several callbacks for one task, all three successes with code 200: only `complete` is the end. */
const CALLBACK_TYPES = new Map<string, Status>([
  ['text', 'running'],
  ['first', 'running'],
  ['complete', 'succeeded'],
  ['error', 'failed'],
]);

const envelope = z.object({ code: z.number().nullish(), data: z.unknown().optional() });
const submitted = z.object({ taskId: z.custom<string>(isExternalId) });
const record = z.object({
  taskId: z.custom<string>(isExternalId),
  state: z.custom<string>(isStatusText),
  resultJson: z.string().nullish().catch(null),
  failCode: z.unknown().optional(),
  failMsg: z.unknown().optional(),
});
const delivered = z.object({
  state: z.custom<string>(isStatusText).nullish().catch(null),
  callbackType: z.custom<string>(isStatusText).nullish().catch(null),
});

/** The code inside an answer's body, which counts before the HTTP status; null when it says success or nothing. */
export function errorCodeIn(body: unknown): number | null {
  const code = envelope.safeParse(body).data?.code ?? 200;
  return code === 200 || !Number.isInteger(code) ? null : code;
}

export function readSubmitted(body: unknown): ToldTask | undefined {
  const read = submitted.safeParse(envelope.safeParse(body).data?.data);
  return read.success ? { externalId: read.data.taskId, status: 'pending' } : undefined;
}

/** What `recordInfo` says. `param` holds the input and the callback URL: it is never read. */
export function readRecord(body: unknown, words: Words): ToldTask | undefined {
  const read = record.safeParse(envelope.safeParse(body).data?.data);
  if (!read.success) return undefined;
  const { taskId: externalId, state: providerStatus, resultJson, failCode, failMsg } = read.data;
  const base = { externalId, providerStatus };
  const status = STATES.get(providerStatus);
  if (status === undefined) return { ...base, status: 'pending', unknownStatus: true };
  if (status === 'failed')
    return { ...base, status, error: { code: cleanCode(failCode, 'failed'), message: words(failMsg) } };
  if (status !== 'succeeded') return { ...base, status };
  const result = resultOf(resultJson);
  // A success with nothing to show is none: the task stays open, is reported, and is asked about again.
  return result === undefined ? { ...base, status: 'pending', unknownStatus: true } : { ...base, status, result };
}

/** `resultJson` is a JSON text inside JSON. Its files are in `resultUrls`; what else it holds differs by model. */
function resultOf(resultJson: string | null | undefined): TaskResult | undefined {
  const parsed = z
    .looseObject({ resultUrls: z.array(z.unknown()).max(1000).nullish() })
    .safeParse(jsonOf(resultJson ?? ''));
  if (!parsed.success) return undefined;
  const { resultUrls, ...rest } = parsed.data;
  const files = (resultUrls ?? []).flatMap((url) => fileAt(url) ?? []);
  const data = Object.keys(rest).length === 0 ? {} : { data: rest };
  return files.length === 0 && Object.keys(data).length === 0 ? undefined : { files, ...data };
}

/**
 * A callback: which task it is about, and what it claims. It is never more than a hint (the signature covers no body), so results and
 * errors are not read from it. The outer code 200 alone says nothing: it stands in callbacks about half-done tasks too.
 */
export function readCallback(body: Uint8Array): ProviderFact | undefined {
  const externalId = kieTaskId(body);
  const outer = envelope.safeParse(jsonOf(body));
  if (!isExternalId(externalId) || !outer.success) return undefined;
  const { state, callbackType } = delivered.safeParse(outer.data.data).data ?? {};
  const told = state ?? callbackType ?? null;
  if (told === null) return { externalId, status: errorCodeIn(outer.data) === null ? null : 'failed' };
  const status = state ? STATES.get(told) : CALLBACK_TYPES.get(told);
  const base = { externalId, providerStatus: told };
  return status === undefined ? { ...base, status: 'pending', unknownStatus: true } : { ...base, status };
}
