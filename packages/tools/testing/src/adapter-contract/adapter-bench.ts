import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  createTasklatch,
  memoryStore,
  type ProviderFact,
  type Task,
  type TaskHandlerOptions,
  type Tasklatch,
  type TasklatchEvents,
  type TasklatchOptions,
  type TaskStore,
} from '@tasklatch/core';
import type { BodyParser, ServeAdapter, ServedAdapter } from './adapter-parts.js';
import { type RawAnswer, type RawRequest, rawRequest } from './raw-http.js';
import { type RecordingProvider, recordingProvider, signatureOf } from './recording-provider.js';
import { type StoreOutage, storeOutage } from './store-outage.js';

export interface BenchOptions {
  readonly callbacksAt?: string;
  readonly tasksAt?: string;
  readonly parser?: BodyParser;
  readonly limitBytes?: number;
  readonly bodyTimeoutMs?: number;
  readonly store?: TaskStore<undefined>;
  readonly tasks?: Omit<TaskHandlerOptions, 'owner'>;
}

/** One app under test, with all that stands behind it. */
export interface AdapterBench {
  readonly url: string;
  readonly latch: Tasklatch;
  readonly store: TaskStore<undefined>;
  readonly outage: StoreOutage;
  /** The two senders; see `recordingProvider`. */
  readonly signed: RecordingProvider;
  readonly plain: RecordingProvider;
  /** What was logged. */
  readonly logged: readonly string[];
  /** Every delivery for one of the two senders that the callback handler is done with. */
  readonly ended: readonly TasklatchEvents['delivery'][];
  /** A task that the sender will call about. */
  task(sender?: 'signed' | 'plain', owner?: string): Promise<Task>;
  /** The path of a task's callback. */
  path(task: Pick<Task, 'id' | 'provider'>): string;
  /** A delivery as its sender makes it. */
  deliver(
    task: Pick<Task, 'id' | 'provider'>,
    body?: ProviderFact | string | Uint8Array,
    request?: Partial<RawRequest> & { readonly withoutType?: boolean },
  ): Promise<RawAnswer>;
  /** The task routes, as `user`. */
  ask(path: string, user?: string, request?: Partial<RawRequest>): Promise<RawAnswer>;
  /** What came of a task, by the store. */
  read(task: Pick<Task, 'id'>): Promise<Task | undefined>;
  /** Waits until `look` says so; fails with what it waited for. */
  until(what: string, look: () => boolean | Promise<boolean>): Promise<void>;
  rest(ms: number): Promise<void>;
}

export const DONE: ProviderFact = { status: 'succeeded', result: { files: [], data: 'done' } };
let benches = 0;
const SECRET = 'a secret for the adapter contract, long enough';

/** Serves an app for one case and closes it afterwards, with all that was opened. */
export async function withBench<T>(
  serve: ServeAdapter,
  options: BenchOptions,
  body: (bench: AdapterBench) => Promise<T>,
): Promise<T> {
  const { callbacksAt = '/callbacks', parser = 'none', tasks = {}, tasksAt = '/tasks' } = options;
  benches += 1;
  const outage = storeOutage(options.store ?? memoryStore());
  const { store } = outage;
  const signed = recordingProvider('signed', `signed-${benches}`);
  const plain = recordingProvider('plain', `plain-${benches}`);
  const ended: TasklatchEvents['delivery'][] = [];
  const onDelivery = (event: unknown): void => {
    // The core's own event of this name.
    const delivery = event as TasklatchEvents['delivery'];
    if (delivery.provider === signed.name || delivery.provider === plain.name) ended.push(delivery);
  };
  const logged: string[] = [];
  const log = (_fields: object, message: string): void => void logged.push(message);
  const latchOptions: TasklatchOptions<undefined> = {
    store,
    providers: [signed, plain],
    callbacks: {
      baseUrl: `http://127.0.0.1${callbacksAt}`,
      secret: SECRET,
      ...(options.limitBytes === undefined ? {} : { limitBytes: options.limitBytes }),
      ...(options.bodyTimeoutMs === undefined ? {} : { bodyTimeoutMs: options.bodyTimeoutMs }),
    },
    logger: { warn: log, error: log },
    storeTimeoutMs: 3_000,
  };
  const own = createTasklatch(latchOptions);
  const owner = (user: string | undefined): string | undefined => {
    if (user === 'boom') throw new Error('the owner function failed');
    return user;
  };
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  subscribe('tasklatch:delivery', onDelivery);
  let served: ServedAdapter | undefined;
  let result: T;
  let latch = own;
  try {
    served = await serve({ latch: own, options: latchOptions, callbacksAt, tasksAt, tasks, owner, parser });
    latch = served.latch ?? own;
    const { url } = served;
    const path = ({ id, provider }: Pick<Task, 'id' | 'provider'>): string =>
      new URL(latch.callbackUrl(provider, id) ?? 'http://none/').pathname;
    result = await body({
      url,
      latch,
      store,
      outage,
      signed,
      plain,
      logged,
      ended,
      task: (sender = 'signed', user = 'alice') =>
        latch.submit({ provider: (sender === 'signed' ? signed : plain).name, input: {}, owner: user }),
      path,
      deliver(task, said = DONE, request = {}) {
        const bytes =
          said instanceof Uint8Array ? said : Buffer.from(typeof said === 'string' ? said : JSON.stringify(said));
        const { headers: more = [], withoutType = false, ...rest } = request;
        const headers = [...(withoutType ? [] : ['Content-Type: application/json']), ...more];
        if (task.provider === signed.name) headers.push(`X-Signature: ${signatureOf(bytes)}`);
        return rawRequest(url, { path: path(task), body: bytes, ...rest, headers });
      },
      ask: (below, user, request = {}) =>
        rawRequest(url, {
          method: 'GET',
          path: `${tasksAt}${below}`,
          ...request,
          headers: [...(user === undefined ? [] : [`X-User: ${user}`]), ...(request.headers ?? [])],
        }),
      read: (task) => store.get({ id: task.id }),
      until,
      rest,
    });
  } finally {
    outage.end();
    await served?.close();
    await latch.stop({ withinMs: 100 });
    // Rejections are reported a turn later.
    await rest(5);
    unsubscribe('tasklatch:delivery', onDelivery);
    process.off('unhandledRejection', onUnhandled);
  }
  if (unhandled.length > 0) throw new Error(`${unhandled.length} rejections went unhandled.`, { cause: unhandled[0] });
  return result;
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const late = Date.now() + 10_000; !(await look()); await rest(10))
    if (Date.now() > late) throw new Error(`Waited in vain until ${what}.`);
}
