import type { EffectState, Task } from '@tasklatch/core';
import { asList, asText } from './reply.js';
import { unescapeText } from './text.js';

/** As the scripts write it: numbers as numbers, or as strings when they are too large for cjson. */
export type Fields = Readonly<Record<string, string | number | undefined>>;

export const fieldsOf = (json: string): Fields => JSON.parse(json) as Fields; // Our own scripts wrote it.

export interface TaskRecord {
  readonly task: Task;
  /** How many effects are in each state. */
  readonly effects: Readonly<Record<EffectState, number>>;
}

/** Reads `{ id, task, result, error }` as `render` in task.lua gives it. */
export function taskRecordOf(reply: unknown): TaskRecord {
  const [, json, result, error] = asList(reply);
  const fields = fieldsOf(asText(json));
  const text = (name: string): string | null => textOf(fields, name);
  const number = (name: string): number => Number(fields[name] ?? 0);
  const task: Task = {
    id: text('id') ?? '',
    provider: text('provider') ?? '',
    key: text('key'),
    owner: text('owner'),
    model: text('model'),
    fingerprint: text('fingerprint'),
    expectsCallback: fields.expectsCallback === '1',
    status: fields.status as Task['status'], // Written by transition.lua only.
    externalId: text('externalId'),
    externalIdHinted: fields.externalIdHinted === '1',
    hinted: fields.hinted === '1',
    progress: numberOf(fields, 'progress'),
    result: jsonOf(result),
    error: jsonOf(error),
    sends: number('sends'),
    sendToken: text('sendToken'),
    verdicts: number('verdicts'),
    version: number('version'),
    createdAt: number('createdAt'),
    updatedAt: number('updatedAt'),
    settledAt: numberOf(fields, 'settledAt'),
    deadlineAt: number('deadlineAt'),
    nextCheckAt: numberOf(fields, 'nextCheckAt'),
  };
  const effects = { due: 0, running: 0, done: 0, dead: 0 };
  for (const state of ['due', 'running', 'done', 'dead'] as const) effects[state] = number(`effects:${state}`);
  return { task, effects };
}

export function textOf(fields: Fields, name: string): string | null {
  const text = fields[name];
  return text === undefined ? null : unescapeText(String(text));
}

export function numberOf(fields: Fields, name: string): number | null {
  const text = fields[name];
  return text === undefined ? null : Number(text);
}

/** Opaque JSON comes back as it was given. */
function jsonOf<T>(reply: unknown): T | null {
  return reply === null || reply === undefined ? null : (JSON.parse(asText(reply)) as T); // As `JSON.stringify` made it of a T.
}
