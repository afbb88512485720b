import { expect, test } from 'vitest';
import { checkFaults } from './check-faults.js';

test.each([
  {},
  { detailErrors: 0.5 },
  { task: { fails: true, pendingMs: [1, 2], files: 3 } },
  { submit: { rateLimit: { chance: 0.1, first: 2, storm: { every: 10, length: 3 } }, firstStatus: 'mixed' } },
  { status: { unknownWords: ['odd'], lagChecks: 2 } },
  { callback: { retries: [1, 2], forgedKinds: ['token'], malformedKinds: ['text'], lost: undefined } },
])('%j is taken', (faults) => {
  expect(checkFaults(faults)).toBe(faults);
});

test.each([
  [null, 'must be an object'],
  [[], 'must be an object'],
  [{ callbacks: {} }, 'no group of faults called callbacks'],
  [{ toString: {} }, 'no group of faults called toString'],
  [{ callback: 1 }, 'callback, or it is not an object'],
  [{ callback: { lots: 1 } }, 'no fault callback.lots'],
  [{ callback: { toString: 1 } }, 'no fault callback.toString'],
  [{ callback: { lost: 2 } }, 'callback.lost must be a chance'],
  [{ callback: { lost: '0.5' } }, 'callback.lost must be a chance'],
  [{ callback: { lost: Number.NaN } }, 'callback.lost must be a chance'],
  [{ callback: { retries: 'often' } }, 'callback.retries must be none, quick, slow'],
  [{ callback: { copies: 1.5 } }, 'callback.copies must be a whole number'],
  [{ callback: { forgedKinds: ['sender'] } }, 'callback.forgedKinds must be a list of token, task, content'],
  [{ submit: { rateLimit: { often: 1 } } }, 'submit.rateLimit must be a chance or'],
  [{ submit: { rateLimit: { storm: { every: 3 } } } }, 'submit.rateLimit must be a chance or'],
  [{ submit: { errorStatus: 200 } }, 'submit.errorStatus must be an HTTP status'],
  [{ task: { pendingMs: [1] } }, 'task.pendingMs must be a number from 0 or [least, most]'],
  [{ task: { pendingMs: -1 } }, 'task.pendingMs must be a number from 0'],
  [{ detailErrors: 'yes' }, 'detailErrors must be a chance'],
])('%j is refused', (faults, message) => {
  expect(() => checkFaults(faults)).toThrow(message);
});
