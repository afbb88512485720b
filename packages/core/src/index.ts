export { ask } from './ask.js';
export { type Clock, systemClock } from './clock.js';
export { type ErrorCode, isTasklatchError, ProviderFailure, TasklatchError, unparseable } from './errors.js';
export {
  type DeliveryRecord,
  type EffectKind,
  type Fact,
  type FactSource,
  type FactStatus,
  factKey,
  type OpenOnFact,
  type ProviderFact,
} from './fact.js';
export type { CallbackHandler, HttpAnswer, HttpBody, HttpHandler, HttpRequest } from './http.js';
export { type MemoryStoreOptions, memoryStore } from './memory-store.js';
export type {
  Authenticity,
  CheckPacing,
  Provider,
  ProviderCallbacks,
  ProviderIo,
  ProviderLimits,
  RawDelivery,
  SubmitAnswer,
  SubmitRequest,
} from './provider.js';
export { retryAfterMs } from './retry-after.js';
export { type SendInit, type Sent, type SentResponse, sendOnce } from './send-once.js';
export {
  type CheckLease,
  type ClaimOptions,
  DEFAULT_STORE_LIMITS,
  type EffectLease,
  type EffectRecord,
  type EffectState,
  type Lease,
  type Ledger,
  type LedgerEntry,
  type LedgerRef,
  type Opened,
  type Outcome,
  type Page,
  type PurgeQuery,
  type Recorded,
  type StoreLimits,
  type TaskDraft,
  type TaskQuery,
  type TaskRef,
  type TaskStore,
  type WorkEnd,
} from './store.js';
export { failedSubmit, noAnswer } from './submit-failure.js';
export {
  isTerminal,
  type ResultFile,
  statusRank,
  type Task,
  type TaskError,
  type TaskResult,
  type TaskStatus,
  type TerminalStatus,
} from './task.js';
export {
  type Claim,
  claimHeld,
  claimOf,
  join,
  openAgain,
  openTask,
  openUnknown,
  type Transition,
  transition,
  type Verdict,
} from './transition.js';
