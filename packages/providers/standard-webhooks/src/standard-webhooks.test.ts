import { githubSignature, isTasklatchError, leonardoHeader } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type StandardWebhooksOptions, standardWebhooks } from './index.js';
import { valueAt } from './value-at.js';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const delivery = (body: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  path: '/',
  header: (name: string) => headers[name],
  body: Buffer.from(JSON.stringify(body)),
  exact: true,
  receivedAt: 0,
  taskId: null,
});

describe('standardWebhooks options', () => {
  it.each<[string, StandardWebhooksOptions, RegExp]>([
    ['a name that is no path segment', { name: 'My Sender', secret }, /`name`/],
    ['no secret', { name: 'a' }, /the secret is empty/],
    ['a secret from a missing variable', { name: 'a', secret: process.env.NO_SUCH_VARIABLE }, /the secret is empty/],
    [
      'a secret beside a signature',
      { name: 'a', secret, signature: githubSignature({ secret: 'x' }), externalId: 'id' },
      /`secret`/,
    ],
    ['another signature without an id', { name: 'a', signature: githubSignature({ secret: 'x' }) }, /`externalId`/],
    [
      'a signature that covers no body',
      { name: 'a', signature: leonardoHeader({ secret: 'x' }), externalId: 'id' },
      /confirm: "never"/,
    ],
    ['a status path without a table', { name: 'a', secret, status: 'type' }, /`statuses`/],
  ])('are checked: %s', (_name, options, message) => {
    expect(() => standardWebhooks(options)).toThrow(message);
  });

  it('take functions, and a schema that gives them their types', () => {
    const provider = standardWebhooks({
      name: 'a',
      secret,
      schema: z.object({ kind: z.enum(['done', 'broken', 'other']), job: z.object({ id: z.number() }) }),
      externalId: ({ body }) => (body.kind === 'other' ? null : `job-${body.job.id}`),
      status: ({ body }) => (body.kind === 'done' ? 'succeeded' : 'failed'),
      result: ({ body }) => ({ files: [], data: body.job }),
    });
    const parse = (body: unknown) => provider.callbacks?.parse(delivery(body));
    expect(parse({ kind: 'done', job: { id: 7 } })).toMatchObject([
      { externalId: 'job-7', status: 'succeeded', result: { data: { id: 7 } } },
    ]);
    expect(parse({ kind: 'broken', job: { id: 7 } })).toMatchObject([{ status: 'failed', error: { code: 'failed' } }]);
    expect(parse({ kind: 'other', job: { id: 7 } })).toEqual([]);
    expect(() => parse({ kind: 'new', job: { id: 7 } })).toThrow(/schema refuses/);
  });

  it('that throw send the event to the quarantine, without a word of it in the error', () => {
    const provider = standardWebhooks({
      name: 'a',
      secret,
      externalId: ({ body }) => {
        throw new Error(JSON.stringify(body));
      },
    });
    let thrown: unknown;
    try {
      provider.callbacks?.parse(delivery({ private: 'words' }));
    } catch (error) {
      thrown = error;
    }
    expect(isTasklatchError(thrown, 'unparseable')).toBe(true);
    expect(String(thrown)).toMatch(/`externalId` threw/);
    expect(String(thrown)).not.toContain('words');
  });

  it('find values by path among own properties only', () => {
    expect(valueAt({ a: [{ b: 1 }] }, 'a.0.b')).toBe(1);
    for (const path of ['toString', 'a.length.x', 'constructor.name', '', 'a.b'])
      expect(valueAt({ a: 1 }, path)).toBeUndefined();
  });
});
