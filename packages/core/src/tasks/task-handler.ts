import type { Clock } from '../clock.js';
import { isTasklatchError, TasklatchError } from '../errors.js';
import type { HttpAnswer, HttpHandler, HttpRequest } from '../http.js';
import type { TaskStore } from '../store.js';
import { isTerminal, type Task } from '../task.js';
import { withTimeLimit } from '../time-limit.js';
import { taskEvents } from './task-events.js';
import { type TaskView, taskView } from './task-view.js';
import type { Watchers } from './watch.js';

export interface TaskHandlerOptions<Raw = unknown> {
  /** Who asks: the id that submits name as `owner`. Nothing (undefined, null, empty): answered 401. */
  readonly owner: (request: Raw) => string | null | undefined | Promise<string | null | undefined>;
  /** Further fields to show of a task, over the default view. This is the place to hand out result URLs, if you mean to. */
  readonly expose?: (task: Task) => Readonly<Record<string, unknown>>;
  /** Default 15 s: under the idle limit of common proxies. */
  readonly heartbeatMs?: number;
  /** Live streams at once in this process; further ones get 503. Default 1000. */
  readonly maxStreams?: number;
}

export interface TaskHandlerParts {
  readonly store: Pick<TaskStore<unknown>, 'get' | 'list'>;
  readonly watchers: Watchers;
  readonly clock: Clock;
  readonly unseal: (task: Task) => Task;
  readonly stopping: AbortSignal;
  readonly storeTimeoutMs: number;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/**
 * `GET /` one's own tasks (`?limit`, `?cursor`, `?status`), `GET /:id` one task, `GET /:id/events` its changes as server-sent events. The
 * task of another owner answers as if it did not exist.
 */
export function taskHandler<Raw>(parts: TaskHandlerParts, options: TaskHandlerOptions<Raw>): HttpHandler {
  const { clock, store, stopping, watchers } = parts;
  const { heartbeatMs = 15_000, maxStreams = 1_000 } = options;
  let streams = 0;

  const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer => ({
    status,
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify(body),
  });
  const problem = (status: number, error: string, headers?: Record<string, string>): HttpAnswer =>
    json(status, { error }, headers);
  const show = (sealed: Task): TaskView & Readonly<Record<string, unknown>> => {
    const task = parts.unseal(sealed);
    return { ...taskView(task), ...options.expose?.(task) };
  };

  async function list(owner: string, query: URLSearchParams): Promise<HttpAnswer> {
    const limit = Number(query.get('limit') ?? 50);
    const status = query.get('status');
    const cursor = query.get('cursor');
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) return problem(400, 'limit_must_be_1_to_200');
    if (status !== null && !STATUSES.includes(status)) return problem(400, 'unknown_status');
    const page = await inTime(
      store.list({
        owner,
        limit,
        ...(status === null ? {} : { status: status as Task['status'] }),
        ...(cursor === null ? {} : { cursor }),
      }),
    );
    if ('answer' in page) return page.answer;
    return json(200, { tasks: page.value.items.map(show), next: page.value.next });
  }

  async function* limited(id: string, after: number, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const either = AbortSignal.any([signal, stopping]);
    streams += 1;
    try {
      yield* taskEvents(watchers.watch(id, either, after), show, clock, heartbeatMs);
    } finally {
      streams -= 1;
    }
  }

  function events(request: HttpRequest, task: Task): HttpAnswer {
    const last = Number(request.header('last-event-id') ?? 0);
    const after = Number.isSafeInteger(last) && last > 0 ? last : 0;
    // The client has seen the end: 204 tells an EventSource not to come again.
    if (isTerminal(task.status) && after >= task.version)
      return { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };
    if (streams >= maxStreams || stopping.aborted) return problem(503, 'too_many_streams', { 'retry-after': '5' });
    return {
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
        connection: 'keep-alive',
      },
      body: limited(task.id, after, request.signal),
    };
  }

  /** What the store says, or the answer for when it does not. */
  async function inTime<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly answer: HttpAnswer }> {
    const late = (): TasklatchError => new TasklatchError('store_unavailable', 'The store did not answer in time.');
    try {
      return { value: await withTimeLimit(clock, parts.storeTimeoutMs, work, late) };
    } catch (error) {
      if (isTasklatchError(error, 'invalid_request')) return { answer: problem(400, 'bad_cursor') };
      return { answer: problem(503, 'store_unavailable', { 'retry-after': '5' }) };
    }
  }

  return async function answer(request: HttpRequest): Promise<HttpAnswer> {
    const [path = '', query = ''] = request.path.split('?', 2);
    const [, id = '', tail, ...more] = path.replace(/\/$/, '').split('/');
    if (more.length > 0 || (tail !== undefined && tail !== 'events')) return problem(404, 'not_found');
    if (request.method !== 'GET') return problem(405, 'method_not_allowed', { allow: 'GET' });
    // The adapter's promise: `raw` is the request of the framework that `owner` was written for.
    const owner = await options.owner(request.raw as Raw);
    if (owner === undefined || owner === null || owner === '') return problem(401, 'not_signed_in');
    if (id === '') return list(owner, new URLSearchParams(query));
    const found = await inTime(store.get({ id }));
    if ('answer' in found) return found.answer;
    const task = found.value;
    if (task === undefined || task.owner !== owner) return problem(404, 'not_found');
    return tail === 'events' ? events(request, task) : json(200, show(task));
  };
}

const STATUSES: readonly string[] = [
  'submitting',
  'unclear',
  'pending',
  'running',
  'succeeded',
  'failed',
  'canceled',
  'expired',
] satisfies Task['status'][];
