/** The statuses of a task, from bottom to top. The last four are terminal. */
export type TaskStatus =
  | 'submitting'
  | 'unclear'
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'expired';

export type TerminalStatus = 'succeeded' | 'failed' | 'canceled' | 'expired';

/** One file a provider made. The URL is data from outside: short-lived, and not to be trusted or logged. */
export interface ResultFile {
  readonly url: string;
  readonly kind: 'image' | 'video' | 'audio' | 'model' | 'other';
}

export interface TaskResult {
  readonly files: readonly ResultFile[];
  /** What the provider returned besides files (lyrics, text, structured output), as JSON. */
  readonly data?: unknown;
  /** In the store only, when a sealer is set: files and data are in here. */
  readonly sealed?: string;
}

export interface TaskError {
  /** Short and stable, safe to show and to count. */
  readonly code: string;
  /** The provider's words. May quote the input: never log it. */
  readonly message: string | null;
  /** In the store only, when a sealer is set: the message is in here. */
  readonly sealed?: string;
}

/** One thing the app asked a provider to do. Times are Unix milliseconds of the store's clock. */
export interface Task {
  readonly id: string;
  readonly provider: string;
  /** The submit key, unique for its owner. Null for tasks that were not submitted with one. */
  readonly key: string | null;
  readonly owner: string | null;
  readonly model: string | null;
  /** Hash of what was submitted, to notice that a key is reused for something else. The input itself is not kept. */
  readonly fingerprint: string | null;
  /** Whether the provider was given a callback URL. */
  readonly expectsCallback: boolean;
  readonly status: TaskStatus;
  /** The provider's id of the task; null until the provider has told it. */
  readonly externalId: string | null;
  /** True while `externalId` was told by a hint only. */
  readonly externalIdHinted: boolean;
  /** True from the first hint until the verdict: a check shall say the same, soon. */
  readonly hinted: boolean;
  /** 0 to 100, only grows; null when the provider has not told. 100 once succeeded, null for the other terminal statuses. */
  readonly progress: number | null;
  readonly result: TaskResult | null;
  readonly error: TaskError | null;
  /** How often the submit was given the right to be sent. More than once only after sends that provably did not happen. */
  readonly sends: number;
  /** Token of the send in flight or done; null when nothing was sent and the next submit may send. */
  readonly sendToken: string | null;
  /** How many settled verdicts there were: 0, 1, or 2 when a provider's verdict replaced `expired`. */
  readonly verdicts: number;
  /** Grows with each visible change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly settledAt: number | null;
  readonly deadlineAt: number;
  /** When the provider is asked next; never null before the task is terminal. */
  readonly nextCheckAt: number | null;
}

const RANK: Record<TaskStatus, number> = {
  submitting: 0,
  unclear: 1,
  pending: 2,
  running: 3,
  succeeded: 4,
  failed: 4,
  canceled: 4,
  expired: 4,
};

/** The height of a status in the order `submitting < unclear < pending < running < terminal`. */
export const statusRank = (status: TaskStatus): number => RANK[status];

export const isTerminal = (status: TaskStatus): status is TerminalStatus => RANK[status] === 4;
