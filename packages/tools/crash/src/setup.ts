import type { StoreName } from './open-store.js';

/** What a process of the app is told on its command line, as JSON. */
export interface Setup {
  /** `app` takes submits and callbacks, `worker` runs checks and effects. */
  readonly role: 'app' | 'worker';
  readonly store: StoreName;
  /** File or URL of the store. */
  readonly address: string;
  readonly emulatorUrl: string;
  /** Where this process listens. Workers don't. */
  readonly port: number;
  /** Where the provider reaches the app: the balancer before all of it. */
  readonly publicUrl: string;
  /** Where the effect without a transaction reports that it ran. */
  readonly witnessUrl: string;
  /** How long the app waits for a task's verdict. Short, since some submits are cut off for good and only time settles their tasks. */
  readonly deadlineMs: number;
}
