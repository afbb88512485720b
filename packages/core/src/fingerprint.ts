import { createHash } from 'node:crypto';
import { TasklatchError } from './errors.js';

/** Hash of what is submitted: equal for equal JSON, whatever the order of keys. Throws `invalid_request` for what JSON can't hold. */
export function fingerprint(provider: string, model: string | null, input: unknown): string {
  return createHash('sha256')
    .update(canonical([provider, model, input], 0))
    .digest('hex')
    .slice(0, 40);
}

function canonical(value: unknown, depth: number): string {
  if (depth > 100) throw notJson('is nested deeper than 100 levels');
  if (value === undefined) return 'null';
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notJson('holds NaN or an infinite number');
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw notJson(`holds a ${typeof value}`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonical(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item, depth + 1)}`).join(',')}}`;
}

const notJson = (what: string): TasklatchError =>
  new TasklatchError(
    'invalid_request',
    `The input of a submit must be plain JSON, and this one ${what}. Pass media by URL or as base64 text.`,
  );
