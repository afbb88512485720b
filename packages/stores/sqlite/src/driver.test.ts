import { Module } from 'node:module';
import { isTasklatchError } from '@tasklatch/core';
import { afterEach, expect, it, vi } from 'vitest';
import { openFile } from './driver.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('says what to do where neither node:sqlite nor libsql is', () => {
  // Node's own loader, which `require` goes through; its types leave it out.
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  vi.spyOn(loader, '_load').mockImplementation((request, ...rest) => {
    if (request === 'libsql') throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    return load(request, ...rest);
  });
  const error = (() => {
    try {
      return openFile(':memory:');
    } catch (reason) {
      return reason;
    }
  })();
  expect(isTasklatchError(error, 'not_supported')).toBe(true);
  expect(String(error)).toMatch(/Node 22\.13.*libsql/);
});

it('takes node:sqlite where this Node has it, else libsql', () => {
  const builtIn = process.getBuiltinModule('node:sqlite') !== undefined;
  expect(openFile(':memory:').constructor.name).toBe(builtIn ? 'DatabaseSync' : 'Database');
});
