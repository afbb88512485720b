export { type CallbackTokens, callbackTokens } from './callbacks/callback-token.js';
export type { DeliveryRetention } from './callbacks/delivery-record.js';
export { cleanCode } from './clean-text.js';
export { type Clock, systemClock } from './clock.js';
export { createTasklatch, type TasklatchOptions } from './create-tasklatch.js';
export { type ErrorCode, isTasklatchError, ProviderFailure, TasklatchError, unparseable } from './errors.js';
export type { EventName, TasklatchEvents } from './events.js';
export { isExternalId, isStatusText } from './external-id.js';
export {
  causeOf,
  type DeliveryRecord,
  EFFECT_CAUSES,
  type EffectCause,
  type EffectKind,
  type Fact,
  type FactSource,
  type FactStatus,
  factKey,
  type OpenOnFact,
  type ProviderFact,
} from './fact.js';
export { type FactContent, mergeFact, splitFact } from './fact-content.js';
export { belowMount } from './http/below-mount.js';
export { toFetchHandler } from './http/fetch-http.js';
export {
  type FromNodeOptions,
  fromNodeRequest,
  type NodeRequest,
  sendNodeAnswer,
  toNodeListener,
} from './http/node-http.js';
export type { CallbackHandler, HttpAnswer, HttpBody, HttpHandler, HttpRequest } from './http.js';
export type { Logger } from './logger.js';
export { makeFact } from './make-fact.js';
export { type MemoryStoreOptions, memoryStore } from './memory/memory-store.js';
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
export { type Random, systemRandom } from './random.js';
export { aesSealer, type Sealer, type SealingKey } from './seal.js';
export type { TasklatchSettings } from './settings.js';
export {
  type BodyRow,
  bflSignature,
  bodyPreset,
  githubSignature,
  heyGenSignature,
} from './signatures/body-signature.js';
export {
  type Ed25519Options,
  type Ed25519Row,
  ed25519Preset,
  falSignature,
  ideogramSignature,
} from './signatures/ed25519-signature.js';
export { type IdRow, idPreset, kieSignature, kieTaskId } from './signatures/id-signature.js';
export type { FetchedKeysOptions } from './signatures/key-source.js';
export { optionalSignature } from './signatures/optional-signature.js';
export type { Secret, Secrets } from './signatures/secrets.js';
export {
  assemblyAiHeader,
  deepgramHeader,
  leonardoHeader,
  piApiHeader,
  type SharedHeaderOptions,
  type SharedHeaderRow,
  scaleHeader,
  sharedHeaderPreset,
} from './signatures/shared-header.js';
export type { SignatureOptions, SignatureScheme, SignedDelivery } from './signatures/signature-scheme.js';
export {
  type StandardWebhooksRow,
  standardWebhooksPreset,
  standardWebhooksSignature,
  svixSignature,
  waveSpeedSignature,
} from './signatures/standard-webhooks-signature.js';
export {
  elevenLabsSignature,
  muxSignature,
  openRouterSignature,
  stripeSignature,
  type TimestampedRow,
  timestampedPreset,
} from './signatures/timestamped-signature.js';
export {
  type CheckLease,
  type ClaimFrom,
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
export type { SubmitOptions } from './submit.js';
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
export type { OperatorFact, Tasklatch } from './tasklatch.js';
export type { TaskHandlerOptions } from './tasks/task-handler.js';
export { type TaskView, taskView } from './tasks/task-view.js';
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
export { ask } from './wire/ask.js';
export { jsonOf } from './wire/json-of.js';
export {
  type ApiCheck,
  type ApiSubmit,
  type ProviderApi,
  type ProviderApiOptions,
  providerApi,
  type ToldTask,
  unsendable,
} from './wire/provider-api.js';
export { fileAt, filesIn } from './wire/result-files.js';
export { retryAfterMs } from './wire/retry-after.js';
export { type SendInit, type Sent, type SentResponse, sendOnce } from './wire/send-once.js';
export { failedSubmit, noAnswer } from './wire/submit-failure.js';
export type {
  EffectContext,
  EffectHandler,
  EffectHandlerOptions,
  FactContext,
  FactHandler,
} from './work/effect-handlers.js';
export type { EffectOptions } from './work/run-effect.js';
export type { TickReport } from './work/worker.js';
