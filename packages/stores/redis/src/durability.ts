import { isTasklatchError, TasklatchError } from '@tasklatch/core';
import { asList, asNumber, asText } from './reply.js';
import type { SendCommand } from './send-command.js';
import { serverInfo, setting, versionOf } from './server-info.js';

/** Runs an act and resolves only when what it wrote is on the server's disk. */
export type Confirm = <T>(key: string, act: () => Promise<T>) => Promise<T>;

/** With `appendfsync everysec` the next fsync is up to a second away, and two when the disk is slow. */
const FSYNC_WITHIN_MS = 5_000;
const WAITAOF_SINCE = 702;

/**
 * How `durability: 'fsync'` is kept: by WAITAOF where the server has it (Redis 7.2, Valkey), else by `appendfsync always`,
 * which is checked once for each server and makes every reply wait for the disk.
 */
export function fsyncConfirm(send: SendCommand): Confirm {
  const ways = new Map<string, Promise<Confirm>>();

  async function wayOf(key: string): Promise<Confirm> {
    const version = versionOf(await serverInfo(send, key));
    if (version >= WAITAOF_SINCE && (await canWait(key))) return waitAof;
    const [appendonly, appendfsync] = [await setting(send, key, 'appendonly'), await setting(send, key, 'appendfsync')];
    if (appendonly === 'yes' && appendfsync === 'always') return (_key, act) => act();
    const needs =
      "durability: 'fsync' needs WAITAOF (Redis 7.2 or newer, and a client that can send it to the right server: ioredis's Cluster can't), or `appendonly yes` with `appendfsync always`";
    throw new TasklatchError(
      'invalid_options',
      appendfsync === undefined
        ? `${needs}; this server does not show its settings. Allow CONFIG GET, or use durability: 'server' and know what a crash of the server loses.`
        : `${needs}; this server has appendonly ${appendonly} and appendfsync ${appendfsync}.`,
    );
  }

  async function canWait(key: string): Promise<boolean> {
    try {
      await connectionOf(send, key);
      return true;
    } catch (error) {
      if (isTasklatchError(error, 'not_supported')) return false;
      throw error;
    }
  }

  const waitAof: Confirm = async (key, act) => {
    // WAITAOF waits for the writes of its own connection. A client that reconnects in between, or has many, would wait for nothing.
    const connection = await connectionOf(send, key);
    const reply = await act();
    const [local] = asList(await send(['WAITAOF', '1', '0', String(FSYNC_WITHIN_MS)], key));
    if ((await connectionOf(send, key)) !== connection) {
      throw new TasklatchError(
        'store_unavailable',
        "The connection changed before Redis had confirmed that the write is on disk: it may be or not, try again. If this does not stop, give durability: 'fsync' a sendCommand that uses one connection for each server.",
      );
    }
    if (asNumber(local) < 1) {
      throw new TasklatchError(
        'store_unavailable',
        `Redis did not write to disk within ${FSYNC_WITHIN_MS} ms: try again.`,
      );
    }
    return reply;
  };

  return async (key, act) => {
    const known = ways.get(key) ?? wayOf(key);
    ways.set(key, known);
    known.catch(() => ways.delete(key));
    return (await known)(key, act);
  };
}

/** Its number, which starts anew with each start of the server, and its address, which another connection after that will not share. */
async function connectionOf(send: SendCommand, key: string): Promise<string> {
  const info = asText(await send(['CLIENT', 'INFO'], key));
  return info.split(' ').slice(0, 2).join(' ');
}
