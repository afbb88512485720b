import { asText } from './reply.js';
import type { SendCommand } from './send-command.js';

/** The fields of INFO, all sections. */
export async function serverInfo(send: SendCommand, key: string): Promise<ReadonlyMap<string, string>> {
  const lines = asText(await send(['INFO'], key)).split('\r\n');
  return new Map(lines.filter((line) => line.includes(':')).map((line) => split(line, ':')));
}

/** One setting, or undefined where the server does not tell (managed services forbid CONFIG). */
export async function setting(send: SendCommand, key: string, name: string): Promise<string | undefined> {
  const reply = await send(['CONFIG', 'GET', name], key).catch(() => undefined);
  // A map: in RESP2 a flat list, in RESP3 whatever the client makes of maps.
  if (Array.isArray(reply)) return typeof reply[1] === 'string' ? reply[1] : undefined;
  if (reply instanceof Map) return asText(reply.get(name));
  if (typeof reply === 'object' && reply !== null && name in reply) return asText(Object(reply)[name]);
  return undefined;
}

/** Redis's version, or the one a compatible server says it is like, as a number to compare: 7.2 is 702. */
export function versionOf(info: ReadonlyMap<string, string>): number {
  const [major = '0', minor = '0'] = (info.get('redis_version') ?? '').split('.');
  return Number(major) * 100 + Number(minor);
}

function split(line: string, at: string): [string, string] {
  const index = line.indexOf(at);
  return [line.slice(0, index), line.slice(index + 1)];
}
