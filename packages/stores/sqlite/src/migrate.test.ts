import { isTasklatchError } from '@tasklatch/core';
import { aDraft } from '@tasklatch/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type TempFile, tempFile } from '../test/temp-file.js';
import { sqliteStore } from './sqlite-store.js';

let temp: TempFile;

beforeEach(async () => {
  temp = await tempFile();
});

afterEach(() => temp.remove());

it('refuses a file that newer code has used, says what to do, and leaves it alone', async () => {
  const first = sqliteStore({ file: temp.file });
  const { task } = await first.open(aDraft());
  await first.close();
  temp.exec('UPDATE tasklatch_schema SET version = 99');
  const old = sqliteStore({ file: temp.file });
  const error = await old.open(aDraft()).catch((reason: unknown) => reason);
  expect(isTasklatchError(error, 'schema_mismatch')).toBe(true);
  expect(String(error)).toMatch(/version 99.*upgrade/i);
  expect(temp.all('SELECT id FROM tasklatch_task')).toEqual([{ id: task.id }]);
  await old.close();
});

it("leaves the app's own tables and version number in the file alone", async () => {
  temp.exec('PRAGMA user_version = 7; CREATE TABLE orders (id TEXT); INSERT INTO orders VALUES (1)');
  const store = sqliteStore({ file: temp.file });
  await store.open(aDraft());
  expect(temp.all('PRAGMA user_version')).toEqual([{ user_version: 7 }]);
  expect(temp.all('SELECT id FROM orders')).toEqual([{ id: '1' }]);
  await store.close();
});

it('leaves nothing half made when the update fails, and does it at the next use', async () => {
  temp.exec('CREATE TABLE tasklatch_quarantine (mine INTEGER)');
  const store = sqliteStore({ file: temp.file });
  await expect(store.open(aDraft())).rejects.toThrow(/already exists/);
  expect(temp.all("SELECT name FROM sqlite_schema WHERE type = 'table'")).toEqual([{ name: 'tasklatch_quarantine' }]);
  temp.exec('DROP TABLE tasklatch_quarantine');
  expect((await store.open(aDraft())).created).toBe(true);
  await store.close();
});
