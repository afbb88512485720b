import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SendCommand } from './send-command.js';

const JOINING = ['shard', 'task', 'transition', 'quarantine', 'join'];

/** Each act is one script, put together from files in `lua/`. */
const PARTS = {
  open: [...JOINING, 'open'],
  record: [...JOINING, 'carry', 'record'],
  tidy: ['shard', 'quarantine', 'tidy'],
  claim: ['shard', 'task', 'claim'],
  extend: ['shard', 'task', 'lease', 'extend'],
  finish: ['shard', 'task', 'lease', 'finish'],
  purge: ['shard', 'task', 'quarantine', 'purge'],
  read: ['shard', 'task', 'read'],
  find: ['shard', 'find'],
  list: ['shard', 'list'],
  ledger: ['shard', 'ledger'],
  waiting: ['shard', 'waiting'],
  meet: ['shard', 'meet'],
};

export type ScriptName = keyof typeof PARTS;

export interface Script {
  readonly source: string;
  readonly sha: string;
}

const made = new Map<ScriptName, Script>();

export function scriptOf(name: ScriptName): Script {
  const held = made.get(name);
  if (held !== undefined) return held;
  // The file has to lie beside this one's bundle: see `onSuccess` in tsup.config.ts.
  const source = PARTS[name]
    .map((part) => readFileSync(new URL(`./lua/${part}.lua`, import.meta.url), 'utf8'))
    .join('\n');
  const script = { source, sha: createHash('sha1').update(source).digest('hex') };
  made.set(name, script);
  return script;
}

/** Runs a script on the shard whose hash tag is `tag`; sends its source only to a server that does not know it (yet, or any more). */
export async function runScript(
  send: SendCommand,
  name: ScriptName,
  tag: string,
  args: readonly string[],
): Promise<unknown> {
  const { source, sha } = scriptOf(name);
  try {
    return await send(['EVALSHA', sha, '1', tag, ...args], tag);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return send(['EVAL', source, '1', tag, ...args], tag);
  }
}
