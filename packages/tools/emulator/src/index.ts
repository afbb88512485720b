export type { Control } from './control/control.js';
export type { Counts } from './control/counts.js';
export type { TaskReport } from './control/report.js';
export type { Pace } from './emulation.js';
export type { Amount, Chance } from './faults/draw.js';
export type {
  CallbackFaults,
  Faults,
  ForgedKind,
  MalformedKind,
  Sometimes,
  StatusFaults,
  SubmitFaults,
  TaskFaults,
} from './faults/faults.js';
export type { Match, SeenSubmit } from './faults/scripts.js';
export type { Family } from './input/models.js';
export { type Emulator, type EmulatorOptions, startEmulator } from './start-emulator.js';
export type { CallbackAnswer, CallbackKind, CallbackRecord, Verdict } from './tasks/task.js';
