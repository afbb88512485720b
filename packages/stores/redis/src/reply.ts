import { TasklatchError } from '@tasklatch/core';

const unexpected = (wanted: string): TasklatchError =>
  new TasklatchError(
    'invalid_options',
    `sendCommand resolved with something else than Redis's reply (${wanted} was expected). Use fromIoredis, fromNodeRedis or fromNodeRedisCluster, or resolve with strings and not with Buffers.`,
  );

export function asList(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw unexpected('a list');
  return reply;
}

export function asText(reply: unknown): string {
  if (typeof reply === 'string') return reply;
  if (typeof reply === 'number') return String(reply);
  throw unexpected('a string');
}

export const asTexts = (reply: unknown): readonly string[] => asList(reply).map(asText);

export const asNumber = (reply: unknown): number => Number(asText(reply));
