import { TasklatchError } from '@tasklatch/core';
import { escapeText } from './text.js';

/** Which shard holds what. Where a key lies depends on the number of shards, so that number is fixed with the data. */
export interface Shards {
  readonly count: number;
  readonly all: readonly number[];
  /** Of a task. */
  ofTask(id: string): number;
  /** Of the index entry of a provider's id, and of what waits for that id. */
  ofExternalId(provider: string, externalId: string): number;
  /** Where a provider's quarantine is counted. */
  homeOf(provider: string): number;
  /** The hash tag all keys of the shard begin with. */
  tag(shard: number): string;
}

const MAX_SHARDS = 1024;

export function shardsOf(prefix: string, count: number): Shards {
  if (!Number.isInteger(count) || count < 1 || count > MAX_SHARDS) {
    throw new TasklatchError('invalid_options', `redisStore: shards has to be a whole number from 1 to ${MAX_SHARDS}.`);
  }
  if (prefix === '' || /[{}]/.test(prefix)) {
    throw new TasklatchError(
      'invalid_options',
      'redisStore: prefix has to be a name without { and }: the store puts the hash tag of each shard around it.',
    );
  }
  const of = (text: string): number => (count === 1 ? 0 : hash(text) % count);
  return {
    count,
    all: Array.from({ length: count }, (_, shard) => shard),
    ofTask: (id) => of(id),
    ofExternalId: (provider, externalId) => of(`${escapeText(provider)}\n${externalId}`),
    homeOf: of,
    tag: (shard) => `{${prefix}:${shard}}`,
  };
}

/** 32-bit FNV-1a with a finish that spreads the last bits. Part of the data's layout: never change it. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(escapeText(text))) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
