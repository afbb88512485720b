import { TasklatchError } from '@tasklatch/core';
import type { Confirm } from './durability.js';
import { asTexts } from './reply.js';
import { runScript, type ScriptName } from './scripts.js';
import type { SendCommand } from './send-command.js';
import type { Shards } from './shards.js';

/** Runs scripts on shards, once it is known that the data there is laid out as we think. */
export interface RedisCalls {
  readonly shards: Shards;
  /** A script that only reads, or whose writes may be lost. */
  run(name: ScriptName, shard: number, args: readonly string[]): Promise<unknown>;
  /** A script whose writes have to be as durable as the option `durability` says before this resolves. */
  commit(name: ScriptName, shard: number, args: readonly string[]): Promise<unknown>;
}

/** Raised when a key's meaning changes. */
const FORMAT = '1';

export function redisCalls(options: {
  readonly send: SendCommand;
  readonly shards: Shards;
  readonly channel: string;
  readonly prefix: string;
  readonly confirm: Confirm | undefined;
}): RedisCalls {
  const { send, shards, channel, confirm } = options;
  let ready: Promise<void> | undefined;

  const call = (name: ScriptName, shard: number, args: readonly string[], touch: boolean): Promise<unknown> =>
    runScript(send, name, shards.tag(shard), [String(shard), channel, touch ? '1' : '0', ...args]);

  async function meet(): Promise<void> {
    const [count, format] = asTexts(await call('meet', 0, [String(shards.count), FORMAT], false));
    if (format !== FORMAT) {
      throw new TasklatchError(
        'schema_mismatch',
        `The data under the prefix "${options.prefix}" has format ${format}, and this version of @tasklatch/redis reads format ${FORMAT}. Use the version that wrote it, or another prefix.`,
      );
    }
    if (count !== String(shards.count)) {
      throw new TasklatchError(
        'schema_mismatch',
        `The data under the prefix "${options.prefix}" lies in ${count} shards, and this store was made with shards: ${shards.count}. Pass shards: ${count}; to change the number, start with a new prefix and let the tasks under the old one run out.`,
      );
    }
  }

  /** Asked once; again after a failure, which may have been the network's. */
  function isReady(): Promise<void> {
    ready ??= meet().catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return ready;
  }

  return {
    shards,
    async run(name, shard, args) {
      await isReady();
      return call(name, shard, args, false);
    },
    async commit(name, shard, args) {
      await isReady();
      if (confirm === undefined) return call(name, shard, args, false);
      return confirm(shards.tag(shard), () => call(name, shard, args, true));
    },
  };
}
