import { chmod } from 'node:fs/promises';
import { isTasklatchError } from '@tasklatch/core';
import { aDraft } from '@tasklatch/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Child, startChild } from '../test/child.js';
import { seedEffects } from '../test/seed-effects.js';
import { type TempFile, tempFile } from '../test/temp-file.js';
import { openFile } from './driver.js';
import { sqliteStore } from './sqlite-store.js';

let temp: TempFile;
let child: Child | undefined;

beforeEach(async () => {
  temp = await tempFile();
});

afterEach(async () => {
  await child?.kill();
  child = undefined;
  await temp.remove();
});

const outcome = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => 'done',
    (error: unknown) => error,
  );

it('rejects what waits too long for the write lock, keeps reading meanwhile, and goes on by itself', async () => {
  const store = sqliteStore({ file: temp.file, busyMs: 150 });
  const { task } = await store.open(aDraft());
  temp.exec('BEGIN IMMEDIATE');
  const errors = await Promise.all([outcome(store.open(aDraft())), outcome(store.open(aDraft()))]);
  expect(errors.map((error) => isTasklatchError(error, 'store_unavailable'))).toEqual([true, true]);
  expect(String(errors[0])).toMatch(/150 ms/);
  expect(await store.get({ id: task.id })).toEqual(task);
  temp.exec('COMMIT');
  expect(await outcome(store.open(aDraft()))).toBe('done');
  expect((await store.list({})).items.length).toBe(2);
  await store.close();
});

it('leaves the event loop free while it waits for the write lock', async () => {
  const store = sqliteStore({ file: temp.file });
  await store.open(aDraft());
  temp.exec('BEGIN IMMEDIATE');
  const waiting = store.open(aDraft());
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  temp.exec('COMMIT');
  expect((await waiting).created).toBe(true);
  await store.close();
});

it('waits for the lock when the file has yet to be set up', async () => {
  temp.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  const store = sqliteStore({ file: temp.file });
  const waiting = store.open(aDraft());
  const reading = store.list({});
  await new Promise((resolve) => setTimeout(resolve, 50));
  temp.exec('COMMIT');
  expect((await waiting).created).toBe(true);
  expect((await reading).items.length).toBeLessThanOrEqual(1);
  await store.close();
});

it('writes nothing of an act when the disk is full, and goes on when there is room again', async () => {
  const database = openFile(temp.file);
  const store = sqliteStore({ database: () => database });
  await seedEffects(store, 10);
  const before = await store.list({});
  // The smallest that SQLite takes: what the file has now.
  database.prepare('PRAGMA max_page_count = 1').all();
  const together = [seedEffects(store, 100), store.open(aDraft()), seedEffects(store, 100)].map(outcome);
  const errors = await Promise.all(together);
  expect(errors.map(String)).toEqual(errors.map(() => expect.stringMatching(/database or disk is full/)));
  expect(await store.list({})).toEqual(before);
  database.prepare('PRAGMA max_page_count = 1000000').all();
  await seedEffects(store, 100);
  expect((await store.list({ limit: 1000 })).items.length).toBe(110);
  expect(temp.integrity()).toBe('ok');
  await store.close();
});

it('undoes the one act that fails and commits those it shared a transaction with', async () => {
  const store = sqliteStore({ file: temp.file });
  const good = aDraft();
  // No JSON can hold this: only a bug makes such a draft.
  const bad = { ...aDraft(), key: 1n as unknown as string };
  const outcomes = await Promise.all([good, bad, aDraft()].map((draft) => outcome(store.open(draft))));
  expect(outcomes).toEqual(['done', expect.any(TypeError), 'done']);
  expect((await store.list({})).items.length).toBe(2);
  expect(await store.get({ id: bad.id })).toBe(undefined);
  await store.close();
});

it('rejects writes to a read-only file, and goes on when it may write again', { timeout: 30_000 }, async () => {
  const store = sqliteStore({ file: temp.file });
  await store.open(aDraft());
  await store.close();
  await chmod(temp.file, 0o444);
  await chmod(temp.folder, 0o555);
  child = startChild('write-when-told.ts', [temp.file]);
  child.say('one');
  await child.printed(1);
  await chmod(temp.folder, 0o777);
  await chmod(temp.file, 0o666);
  for (const suffix of ['-wal', '-shm']) await chmod(temp.file + suffix, 0o666).catch(() => undefined);
  child.say('two');
  await child.printed(2);
  expect(child.lines).toEqual(['store_unavailable', 'written']);
  expect(temp.all('SELECT id FROM tasklatch_task').length).toBe(2);
});

it('refuses everything once it is closed', async () => {
  const store = sqliteStore({ file: temp.file });
  const last = store.open(aDraft());
  await store.close();
  expect((await last).created).toBe(true);
  expect(isTasklatchError(await outcome(store.open(aDraft())), 'stopped')).toBe(true);
  expect(isTasklatchError(await outcome(store.list({})), 'stopped')).toBe(true);
});
