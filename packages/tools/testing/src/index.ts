export { aDelivery } from './a-delivery.js';
export { aDraft } from './a-draft.js';
export { aFact } from './a-fact.js';
export { aRequest, type RequestParts } from './a-request.js';
export type { AdapterParts, BodyParser, ServeAdapter, ServedAdapter } from './adapter-contract/adapter-parts.js';
export { testAdapterContract } from './adapter-contract/test-adapter-contract.js';
export { type Direction, type FaultProxy, faultProxy } from './fault-proxy.js';
export { type HangingStore, hangingStore } from './hanging-store.js';
export { interceptStore, type StoreAct } from './intercept-store.js';
export { type Losses, lossyStore, StoreFault } from './lossy-store.js';
export { type ManualClock, manualClock } from './manual-clock.js';
export { type AtEnd, type LoopbackServer, type ProviderApp, providerApp, serveLoopback } from './provider-app.js';
export { aTask } from './provider-contract/a-task.js';
export type {
  Canned,
  CannedAnswer,
  DeliverySample,
  Expected,
  ProviderContractOptions,
  SeenRequest,
  StatusSample,
  SubmitSample,
} from './provider-contract/contract-options.js';
export { testProviderContract } from './provider-contract/test-provider-contract.js';
export { type ScriptedProvider, type ScriptedProviderOptions, scriptedProvider } from './scripted-provider.js';
export { seededRandom } from './seeded-random.js';
export type { MakeStore, Scratch, StoreUnderTest } from './store-under-test.js';
export { type AgainstReferenceOptions, testAgainstReference } from './test-against-reference.js';
export { testPromises } from './test-promises.js';
export type { Expect, Expectation, TestRunner } from './test-runner.js';
export { testStoreContract } from './test-store-contract.js';
