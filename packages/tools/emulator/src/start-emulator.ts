import { mediaRoute } from './api/media-route.js';
import { startServer } from './api/server.js';
import { statusRoute } from './api/status-route.js';
import { submitRoute } from './api/submit-route.js';
import { createCallbackDesk } from './callbacks/callback-desk.js';
import { createCallbackSender } from './callbacks/callback-sender.js';
import { type Control, createControl } from './control/control.js';
import { controlRoute } from './control/control-route.js';
import { createCounter } from './control/counts.js';
import type { Emulation, Pace } from './emulation.js';
import { checkFaults } from './faults/check-faults.js';
import { drawFrom } from './faults/draw.js';
import { type Faults, mergeFaults } from './faults/faults.js';
import { createScripts, type SeenSubmit } from './faults/scripts.js';
import { isRecord } from './input/input-rule.js';
import { type Family, modelTable } from './input/models.js';
import { createOutstanding } from './outstanding.js';
import type { EmulatedTask } from './tasks/task.js';
import { createTaskLife } from './tasks/task-life.js';
import { createTaskRegister } from './tasks/task-register.js';
import { createTimers } from './timers.js';

export interface EmulatorOptions {
  /** Default 0: a free one. Always on 127.0.0.1. */
  readonly port?: number;
  /** Decides every fault and every picture. Default 1. */
  readonly seed?: number | string;
  /** The only key that is accepted. Default `sk-emulator`. */
  readonly apiKey?: string;
  /** Default: none, the API as documented. */
  readonly faults?: Faults;
  /** Default: 20 ms pending, 50 ms running, so that tests are quick. */
  readonly pace?: Partial<Pace>;
  /** Models beside those known, or with another family. An unknown model is a 400, as a page slug taken for an id is. */
  readonly models?: Readonly<Record<string, Family>>;
  /** Callbacks to addresses off this machine; default false: they are not sent, and counted as `refused`. */
  readonly allowRemoteCallbacks?: boolean;
  /** Signs callbacks as a sister service does (id and time only); default: unsigned, as the provider documents nothing. */
  readonly callbackKey?: string;
  /** What names a submit across attempts. Default: `input.marker`, else `input.prompt`. */
  readonly marker?: (body: SeenSubmit['body']) => string | undefined;
  /**
   * What decisions hang on, with the seed. `ordinal` (default): the how-manieth POST it is. `marker`: its marker and the how-manieth
   * POST with it, which makes them independent of the order in which concurrent submits arrive.
   */
  readonly decideBy?: 'ordinal' | 'marker';
  /** Ended tasks beyond this are forgotten, the oldest first. Default 50 000. */
  readonly maxTasks?: number;
}

/** A running local APIDot. */
export interface Emulator extends Control {
  /** Base URL, for instance `http://127.0.0.1:43121`. */
  readonly url: string;
  readonly apiKey: string;
  /** Stops at once: open answers, running tasks and outstanding callbacks are dropped. */
  close(): Promise<void>;
}

const DEFAULT_PACE: Pace = { pendingMs: 20, runningMs: 50 };

/** Starts an emulator in this process. Throws a `TypeError` for a fault that does not exist. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, seed = 1, apiKey = 'sk-emulator', maxTasks = 50_000, allowRemoteCallbacks = false } = options;
  let faults = checkFaults(options.faults ?? {});
  let url = '';
  const baseUrl = () => url;
  const faultsOf = ({ overrides }: EmulatedTask) => (overrides ? mergeFaults(faults, overrides) : faults);

  const register = createTaskRegister(maxTasks);
  const counter = createCounter();
  const outstanding = createOutstanding();
  const timers = createTimers();
  const sender = createCallbackSender({ allowRemote: allowRemoteCallbacks });
  const shared = { register, counter, outstanding, timers, faultsOf };
  const desk = createCallbackDesk({ ...shared, sender, baseUrl, callbackKey: options.callbackKey });
  const emulation: Emulation = {
    ...shared,
    apiKey,
    seed,
    baseUrl,
    desk,
    pace: { ...DEFAULT_PACE, ...options.pace },
    models: modelTable(options.models),
    draw: drawFrom(seed),
    decideBy: options.decideBy ?? 'ordinal',
    markerOf: options.marker ?? defaultMarker,
    faults: () => faults,
    setFaults(next) {
      faults = next;
    },
    scripts: createScripts(),
    life: createTaskLife({ ...shared, desk }),
  };

  const control = createControl(emulation);
  const server = await startServer(port, {
    submit: submitRoute(emulation),
    status: statusRoute(emulation, 'status'),
    musicDetail: statusRoute(emulation, 'music'),
    media: mediaRoute(emulation),
    control: controlRoute(control),
  });
  url = server.url;

  return {
    ...control,
    url,
    apiKey,
    async close() {
      timers.clear();
      sender.close();
      outstanding.clear();
      await server.close();
    },
  };
}

function defaultMarker({ input }: SeenSubmit['body']): string | undefined {
  if (!isRecord(input)) return undefined;
  if (typeof input.marker === 'string') return input.marker;
  return typeof input.prompt === 'string' ? input.prompt : undefined;
}
