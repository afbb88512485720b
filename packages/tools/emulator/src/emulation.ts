import type { CallbackDesk } from './callbacks/callback-desk.js';
import type { Counter } from './control/counts.js';
import type { Amount, Draw } from './faults/draw.js';
import type { Faults } from './faults/faults.js';
import type { Scripts, SeenSubmit } from './faults/scripts.js';
import type { Family } from './input/models.js';
import type { Outstanding } from './outstanding.js';
import type { EmulatedTask } from './tasks/task.js';
import type { TaskLife } from './tasks/task-life.js';
import type { TaskRegister } from './tasks/task-register.js';
import type { Timers } from './timers.js';

/** What the routes of one emulator share. */
export interface Emulation {
  readonly apiKey: string;
  readonly seed: string | number;
  readonly pace: Pace;
  readonly models: ReadonlyMap<string, Family>;
  readonly draw: Draw;
  readonly decideBy: 'ordinal' | 'marker';
  readonly markerOf: (body: SeenSubmit['body']) => string | undefined;
  readonly baseUrl: () => string;
  readonly faults: () => Faults;
  /** The faults that hold for this task now. */
  readonly faultsOf: (task: EmulatedTask) => Faults;
  readonly setFaults: (faults: Faults) => void;
  readonly scripts: Scripts;
  readonly register: TaskRegister;
  readonly counter: Counter;
  readonly outstanding: Outstanding;
  readonly timers: Timers;
  readonly desk: CallbackDesk;
  readonly life: TaskLife;
}

/** How long a task waits and runs, in milliseconds. */
export interface Pace {
  readonly pendingMs: Amount;
  readonly runningMs: Amount;
}
