import { isDeepStrictEqual } from 'node:util';
import type { Expect, TestRunner } from '../test-runner.js';

export interface CollectingRunner extends TestRunner {
  /** Runs the cases with these names, all by default, and answers the names of those that failed, with why. */
  run(only?: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
  readonly names: readonly string[];
}

/** A test runner that writes failures down instead of failing: for tests of the tests. */
export function collectingRunner(): CollectingRunner {
  const cases: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  const before: (() => Promise<void>)[] = [];
  const after: (() => Promise<void>)[] = [];
  return {
    describe: (_name, body) => body(),
    it: (name, body) => void cases.push({ name, body }),
    expect,
    beforeAll: (body) => void before.push(body),
    afterAll: (body) => void after.push(body),
    async run(only) {
      const failed = new Map<string, unknown>();
      for (const body of before) await body();
      for (const { name, body } of cases) {
        if (only?.includes(name) === false) continue;
        await body().catch((error: unknown) => failed.set(name, error));
      }
      for (const body of after) await body();
      return failed;
    },
    get names() {
      return cases.map(({ name }) => name);
    },
  };
}

const expect: Expect = (actual) => {
  const check = (holds: boolean, expected: unknown): void => {
    if (!holds) throw new Error(`Expected ${show(expected)}, got ${show(actual)}.`);
  };
  return {
    toBe: (expected) => check(Object.is(actual, expected), expected),
    toEqual: (expected) => check(isDeepStrictEqual(actual, expected), expected),
    toMatchObject: (expected) => check(matches(actual, expected), expected),
  };
};

function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected);
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) return false;
  const there = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(expected).every(([key, value]) => there.has(key) && matches(there.get(key), value));
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))?.slice(0, 300) ??
  'undefined';
