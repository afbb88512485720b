import { createHmac } from 'node:crypto';

const KEY = Buffer.alloc(32, 'benchmark');
export const SECRET = `whsec_${KEY.toString('base64')}`;
export const PATH = '/callbacks/acme';

/** A delivery of Standard Webhooks that says a task has succeeded. */
export function signedWebhook(externalId: string): { readonly headers: Record<string, string>; readonly body: string } {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({
    type: 'task.succeeded',
    timestamp: new Date().toISOString(),
    data: {
      id: externalId,
      model: 'image-model-2',
      credits_used: 12,
      output: [1, 2].map((n) => ({ url: `https://cdn.example.com/results/${externalId}/image-${n}.png`, width: 1024 })),
      metadata: { note: 'x'.repeat(200) },
    },
  });
  const id = `msg_${externalId}`;
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature(id, timestamp, body)}`,
    },
    body,
  };
}

/** What the sender computes, and a hand-written receiver too. */
export const signature = (id: string, timestamp: string, body: string | Buffer): string =>
  createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64');
