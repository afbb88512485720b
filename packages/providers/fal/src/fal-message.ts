import { filesIn, isExternalId, isStatusText, type ProviderFact, type TaskResult } from '@tasklatch/core';
import { z } from 'zod';

const requestId = z.custom<string>(isExternalId);
const submitted = z.object({ request_id: requestId, status: z.custom<string>(isStatusText).nullish().catch(null) });
const queued = z.object({ request_id: requestId.nullish(), status: z.custom<string>(isStatusText) });
const delivered = z.object({
  request_id: requestId,
  gateway_request_id: z.string().nullish().catch(null),
  status: z.custom<string>(isStatusText),
  payload: z.unknown().optional(),
  payload_error: z.unknown().optional(),
  error: z.unknown().optional(),
});

/** The task in the answer to a submit: queued, whatever else it says. */
export function readSubmitted(body: unknown) {
  const read = submitted.safeParse(body);
  if (!read.success) return undefined;
  return { externalId: read.data.request_id, status: 'pending', providerStatus: read.data.status ?? null } as const;
}

/**
 * A status of the queue. It has no failed state: `COMPLETED` covers failures too, and says nothing until the result has been asked
 * for, so it is `null` here.
 */
export function readQueued(body: unknown): ProviderFact | undefined {
  const read = queued.safeParse(body);
  if (!read.success) return undefined;
  const { status: providerStatus, request_id: externalId = null } = read.data;
  if (providerStatus === 'IN_QUEUE') return { externalId, status: 'pending', providerStatus };
  if (providerStatus === 'IN_PROGRESS') return { externalId, status: 'running', providerStatus };
  if (providerStatus === 'COMPLETED') return { externalId, status: null, providerStatus };
  return { externalId, status: 'pending', providerStatus, unknownStatus: true };
}

/** A webhook's body; undefined when it is none. `gatewayId` changes when fal retries inside. */
export function readDelivered(
  body: unknown,
): { readonly fact: ProviderFact; readonly gatewayId: string | null } | undefined {
  const read = delivered.safeParse(body);
  if (!read.success) return undefined;
  const { request_id: externalId, gateway_request_id: gatewayId = null, payload, payload_error, error } = read.data;
  const providerStatus = read.data.status;
  const base = { externalId, providerStatus };
  if (providerStatus === 'ERROR') {
    return { gatewayId, fact: { ...base, status: 'failed', error: failure(reasonsIn(payload) ?? error) } };
  }
  if (providerStatus !== 'OK') return { gatewayId, fact: { ...base, status: 'pending', unknownStatus: true } };
  // The result could not be put into the webhook: it is in the queue, so a check has to fetch it.
  const missing = payload === null || payload === undefined || (payload_error ?? null) !== null;
  if (missing) return { gatewayId, fact: { ...base, status: 'succeeded', thin: true } };
  return { gatewayId, fact: { ...base, status: 'succeeded', result: resultOf(payload) } };
}

/** What a model returned. A prompt that is quoted in it is an input, and inputs are not kept. */
export function resultOf(payload: unknown): TaskResult {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return { files: filesIn(payload), data: payload };
  const { prompt: _input, ...rest } = payload as Record<string, unknown>;
  return { files: filesIn(rest), data: rest };
}

const failure = (said: unknown) => ({ code: 'failed', message: typeof said === 'string' ? said : null });

/** `detail` of a failed request: a text, or a list whose elements have their words in `msg` (and the input beside them). */
export function reasonsIn(payload: unknown): string | null {
  const detail = z.object({ detail: z.unknown().optional() }).safeParse(payload).data?.detail;
  if (typeof detail === 'string') return detail;
  const list = z.array(z.object({ msg: z.string() }).transform(({ msg }) => msg)).safeParse(detail);
  return list.success && list.data.length > 0 ? list.data.join('; ') : null;
}
