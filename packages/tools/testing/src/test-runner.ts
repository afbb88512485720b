/**
 * What the suites use of a test runner. Vitest's and Jest's `{ describe, it, expect, beforeAll, afterAll }` fit as they are; for
 * `node:test` pass its `before` and `after` under these names, and an `expect` of your choice.
 */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, timeoutMs?: number): void;
  expect: Expect;
  beforeAll(body: () => Promise<void>, timeoutMs?: number): void;
  afterAll(body: () => Promise<void>, timeoutMs?: number): void;
}

export type Expect = (actual: unknown) => Expectation;

export interface Expectation {
  /** The same value (`Object.is`). */
  toBe(expected: unknown): void;
  /** The same structure. */
  toEqual(expected: unknown): void;
  /** An object that has all these properties, at any depth. */
  toMatchObject(expected: object): void;
}
