import { jsonOf } from '../wire/json-of.js';
import { hmacKey, textKey } from './hmac.js';
import { keyRing } from './secrets.js';
import {
  forged,
  type SignatureOptions,
  type SignatureScheme,
  type SignedDelivery,
  signedHeader,
} from './signature-scheme.js';
import { timeFault, timeWindow } from './time-window.js';

/** What tells one sender of `taskId.timestamp` signatures from another. The key is the whole secret text. */
export interface IdRow {
  readonly name: string;
  readonly timestampHeader: string;
  readonly signatureHeader: string;
  /** The task id the body names; undefined when it names none, or two. Must be the one that the parser will use. */
  readonly taskId: (body: Uint8Array) => string | undefined;
}

/**
 * Makes a preset from its row. Only task id and time are proven (`covers: "id"`): anyone who saw one delivery can send any state and
 * any result for that task until it is too old. The body stays a hint.
 */
export const idPreset =
  (row: IdRow) =>
  (options: SignatureOptions): SignatureScheme => {
    const ring = keyRing(row.name, options.secret, textKey);
    const window = timeWindow(row.name, { pastS: 300, futureS: 300 }, options.toleranceS);
    return {
      name: row.name,
      coversBody: false,
      verify(delivery: SignedDelivery) {
        const timestamp = signedHeader(delivery, row.timestampHeader);
        const fault = timeFault(timestamp, delivery.receivedAt, window);
        if (fault !== undefined) return forged(fault);
        const signature = signedHeader(delivery, row.signatureHeader);
        if (signature === undefined) return forged('the signature header is missing');
        const taskId = row.taskId(delivery.body);
        if (taskId === undefined) return forged('the body names no task id that could be signed');
        const matched = hmacKey(ring(delivery.receivedAt), { before: `${taskId}.${timestamp}` }, 'base64', [signature]);
        return matched === undefined
          ? forged('the signature does not match')
          : { kind: 'signed', covers: 'id', keyId: matched.id, externalId: taskId };
      },
    };
  };

/**
 * Kie.ai, where a `webhookHmacKey` was made in its settings. Its page gives no tolerance; 300 s is our choice. The id stands at
 * `data.taskId` in some families and at `data.task_id` in others.
 */
export const kieSignature = idPreset({
  name: 'kie',
  timestampHeader: 'x-webhook-timestamp',
  signatureHeader: 'x-webhook-signature',
  taskId: kieTaskId,
});

/** The one task id a Kie.ai body names. A body that names two different ones could have one signed and the other used: none then. */
export function kieTaskId(body: Uint8Array): string | undefined {
  const data = own(jsonOf(body), 'data');
  const [first, second] = [own(data, 'taskId'), own(data, 'task_id')].filter((id) => id !== undefined && id !== null);
  if (typeof first !== 'string' || first === '' || (second !== undefined && second !== first)) return undefined;
  return first;
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
