import { asText } from './reply.js';
import type { SendCommand } from './send-command.js';
import { serverInfo, setting, versionOf } from './server-info.js';
import { shardsOf } from './shards.js';

export interface RedisFinding {
  /** Short and stable. */
  readonly code:
    | 'too_old'
    | 'replica'
    | 'no_persistence'
    | 'snapshots_only'
    | 'fsync_lags'
    | 'fsync_pauses'
    | 'cannot_fsync'
    | 'evicts'
    | 'writes_stopped'
    | 'settings_hidden'
    | 'cluster_down'
    | 'not_a_cluster_client'
    | 'one_slot';
  /** `broken`: a promise does not hold on this server. `warning`: it holds, or can't be checked, or costs more than it has to. */
  readonly severity: 'broken' | 'warning';
  /** What is so, what it means, what to do. */
  readonly message: string;
}

export interface CheckRedisOptions {
  readonly sendCommand: SendCommand;
  /** As given to `redisStore`. */
  readonly prefix?: string;
  readonly shards?: number;
  readonly durability?: 'server' | 'fsync';
}

/**
 * Looks whether the server, or every server of a cluster that holds a shard, is set up so that the promises hold. Changes nothing. An
 * empty list is a clean bill; rejects with the client's error when the server does not answer.
 */
export async function checkRedis(options: CheckRedisOptions): Promise<readonly RedisFinding[]> {
  const { sendCommand: send, prefix = 'tasklatch', durability = 'server' } = options;
  const shards = shardsOf(prefix, options.shards ?? 1);
  const found = new Map<string, RedisFinding>();
  const servers = new Set<string | undefined>();
  for (const tag of shards.all.map(shards.tag)) {
    const info = await serverInfo(send, tag);
    if (servers.has(info.get('run_id'))) continue;
    servers.add(info.get('run_id'));
    for (const finding of await checkServer(send, tag, info, durability)) found.set(finding.code, finding);
  }
  for (const finding of await checkSlots(send, shards.all.map(shards.tag))) found.set(finding.code, finding);
  return [...found.values()];
}

async function checkServer(
  send: SendCommand,
  key: string,
  info: ReadonlyMap<string, string>,
  durability: 'server' | 'fsync',
): Promise<readonly RedisFinding[]> {
  const findings: RedisFinding[] = [];
  const broken = (code: RedisFinding['code'], message: string) => findings.push({ code, severity: 'broken', message });
  const warn = (code: RedisFinding['code'], message: string) => findings.push({ code, severity: 'warning', message });
  const version = versionOf(info);
  const read = (name: string) => setting(send, key, name);

  if (version < 602)
    broken('too_old', `The server is like Redis ${info.get('redis_version')}: use 6.2 or newer, or Valkey.`);
  if (info.get('role') === 'slave') broken('replica', 'This is a replica, it takes no writes: connect to the primary.');
  if (
    info.get('aof_last_write_status') === 'err' ||
    (info.get('rdb_last_bgsave_status') === 'err' && (await read('stop-writes-on-bgsave-error')) === 'yes')
  ) {
    broken('writes_stopped', 'The server can’t write to its disk and refuses writes: look at its log and its disk.');
  }

  const policy = (await read('maxmemory-policy')) ?? info.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys')) {
    broken('evicts', `maxmemory-policy is ${policy}: under pressure Redis deletes tasks. Set it to noeviction.`);
  } else if (policy !== 'noeviction') {
    warn(
      'evicts',
      `maxmemory-policy is ${policy}. It spares tasks, which have no time to live; say what is meant: noeviction.`,
    );
  }

  const appendonly = (await read('appendonly')) ?? (info.get('aof_enabled') === '1' ? 'yes' : 'no');
  const appendfsync = await read('appendfsync');
  const save = await read('save');
  if (appendonly !== 'yes') {
    if (save === '')
      broken(
        'no_persistence',
        'appendonly is no and nothing is saved: a restart forgets every task. Set appendonly yes.',
      );
    else
      broken(
        'snapshots_only',
        'appendonly is no: a crash forgets everything since the last snapshot, acknowledged deliveries included. Set appendonly yes.',
      );
    if (durability === 'fsync') broken('cannot_fsync', "durability: 'fsync' needs appendonly yes.");
  } else if (appendfsync === undefined) {
    warn(
      'settings_hidden',
      'The server does not show its settings (CONFIG GET), so how soon it writes to disk is not known: ask who runs it.',
    );
  } else if (appendfsync !== 'always') {
    checkFsync(version, appendfsync, durability);
  } else if ((await read('no-appendfsync-on-rewrite')) === 'yes') {
    broken(
      'fsync_pauses',
      'no-appendfsync-on-rewrite is yes: while the AOF is rewritten nothing is fsynced, and a crash then forgets acknowledged deliveries. Set it to no.',
    );
  }
  if (
    info.get('cluster_enabled') === '1' &&
    !asText(await send(['CLUSTER', 'INFO'], key)).includes('cluster_state:ok')
  ) {
    broken('cluster_down', 'The cluster is not ok: some slots have no server.');
  }
  return findings;

  function checkFsync(version: number, appendfsync: string, durability: 'server' | 'fsync'): void {
    if (durability === 'server') {
      const lost = appendfsync === 'everysec' ? 'a second or two' : 'what the operating system had not written yet';
      warn(
        'fsync_lags',
        `appendfsync is ${appendfsync}: a crash of the machine forgets ${lost} of acknowledged deliveries. Set appendfsync always, or durability: 'fsync'.`,
      );
    } else if (version < 702) {
      broken('cannot_fsync', `durability: 'fsync' needs appendfsync always before Redis 7.2; it is ${appendfsync}.`);
    } else {
      warn(
        'fsync_lags',
        `appendfsync is ${appendfsync}: durability: 'fsync' holds, and every act waits for the next fsync, up to seconds. appendfsync always is quicker.`,
      );
    }
  }
}

/** Whether the shards lie where they should, as the server sees their keys: a client may put a prefix of its own before each. */
async function checkSlots(send: SendCommand, tags: readonly string[]): Promise<readonly RedisFinding[]> {
  const info = await serverInfo(send, tags[0] ?? '');
  if (info.get('cluster_enabled') !== '1') return [];
  const slots = new Set<string>();
  for (const tag of tags) {
    try {
      const key = asText(await send(['EVAL', 'return KEYS[1]', '1', tag], tag));
      slots.add(asText(await send(['CLUSTER', 'KEYSLOT', key], tag)));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error.message.startsWith('CLUSTERDOWN')) return []; // Found already.
      if (!error.message.startsWith('MOVED')) throw error;
      const message =
        'This is a Redis Cluster, and the client does not follow it to the right server: use `new Redis.Cluster` of ioredis or `createCluster` of node-redis.';
      return [{ code: 'not_a_cluster_client', severity: 'broken', message }];
    }
  }
  if (tags.length === 1 || slots.size > 1) return [];
  const message = `All ${tags.length} shards lie in one slot, so shards win nothing: a key prefix of the client holds a hash tag. Remove its braces.`;
  return [{ code: 'one_slot', severity: 'warning', message }];
}
