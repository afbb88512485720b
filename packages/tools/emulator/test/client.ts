import type { Emulator } from '../src/index.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

interface Target {
  readonly url: string;
  readonly apiKey: string;
}

export const prompt = 'A red paper boat on still water';

export async function call(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<Answer> {
  const response = await fetch(target.url + path, {
    method,
    headers: { authorization: `Bearer ${key ?? target.apiKey}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(20_000),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = parse(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: parsed,
    data: (parsed.data ?? {}) as Record<string, unknown>,
  };
}

export function submit(target: Target, fields: Record<string, unknown> = {}): Promise<Answer> {
  return call(target, 'POST', '/api/generate/submit', { model: 'gpt-image-2', input: { prompt }, ...fields });
}

/** Submits and gives the task id. */
export async function make(target: Target, fields: Record<string, unknown> = {}): Promise<string> {
  return String((await submit(target, fields)).data.task_id);
}

export function check(target: Target, taskId: string): Promise<Answer> {
  return call(target, 'GET', `/api/generate/status/${taskId}`);
}

/** Checks until the task shows a terminal status. */
export async function checkUntilEnd(target: Target, taskId: string): Promise<Answer> {
  for (;;) {
    const answer = await check(target, taskId);
    if (answer.data.status === 'finished' || answer.data.status === 'failed') return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `reset` when the connection broke, `timeout` when no answer came in time, else the HTTP status. */
export async function outcome(request: Promise<Answer>): Promise<number | 'reset'> {
  try {
    return (await request).status;
  } catch {
    return 'reset';
  }
}

export function task(emulator: Emulator, taskId: string) {
  const found = emulator.tasks().find((one) => one.taskId === taskId);
  if (!found) throw new Error('no such task');
  return found;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
