export { aDelivery } from './a-delivery.js';
export { aDraft } from './a-draft.js';
export { aFact } from './a-fact.js';
export { type Direction, type FaultProxy, faultProxy } from './fault-proxy.js';
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
export type { MakeStore, Scratch, StoreUnderTest } from './store-under-test.js';
export type { Expect, Expectation, TestRunner } from './test-runner.js';
export { testStoreContract } from './test-store-contract.js';
