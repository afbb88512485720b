import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Child, startChild } from '../test/child.js';
import { seedEffects } from '../test/seed-effects.js';
import { type TempFile, tempFile } from '../test/temp-file.js';
import { sqliteStore } from './sqlite-store.js';

let temp: TempFile;
const children: Child[] = [];

beforeEach(async () => {
  temp = await tempFile();
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await temp.remove();
});

const start = (script: string, ...args: string[]): Child => {
  const child = startChild(script, [temp.file, ...args]);
  children.push(child);
  return child;
};

it('gives each of 3000 effects to one of four processes, and none twice', { timeout: 60_000 }, async () => {
  const store = sqliteStore({ file: temp.file });
  const ids = await seedEffects(store, 3000);
  const four = Array.from({ length: 4 }, () => start('claim-effects.ts'));
  for (const child of four) await child.printed(1);
  for (const child of four) child.say('go');
  await Promise.all(four.map((child) => child.ended()));
  const claimed = four.flatMap(({ lines }) => lines.slice(1));
  expect(claimed.sort()).toEqual(ids.sort());
  expect((await store.list({ effect: 'done', limit: 1000 })).items.length).toBe(1000);
  expect((await store.list({ effect: 'due' })).items).toEqual([]);
  expect((await store.list({ effect: 'running' })).items).toEqual([]);
  await store.close();
});

it('brings an empty file up to date once when ten processes start at once', { timeout: 60_000 }, async () => {
  const ten = Array.from({ length: 10 }, () => start('open-once.ts'));
  for (const child of ten) await child.printed(1);
  for (const child of ten) child.say('go');
  await Promise.all(ten.map((child) => child.ended()));
  const store = sqliteStore({ file: temp.file });
  const opened = (await store.list({})).items.map(({ id }) => id);
  expect(opened.sort()).toEqual(ten.map(({ lines }) => lines[1]).sort());
  await store.close();
});

it('keeps everything it answered over kill -9 in the middle of writing', { timeout: 60_000 }, async () => {
  const answered: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    const writer = start('write-facts.ts');
    await writer.printed(100 + round * 137);
    await writer.kill();
    answered.push(...writer.lines);
  }
  expect(temp.integrity()).toBe('ok');
  const store = sqliteStore({ file: temp.file });
  const kept = await Promise.all(answered.map((id) => store.ledger({ taskId: id })));
  expect(kept.filter(({ entries, effects }) => entries.length !== 1 || effects.length !== 1)).toEqual([]);
  expect(answered.length).toBeGreaterThan(1000);
  await store.close();
});

it('commits each effect once with what it wrote, though its processes are killed', { timeout: 90_000 }, async () => {
  temp.exec('CREATE TABLE words (word TEXT NOT NULL)');
  const store = sqliteStore({ file: temp.file });
  const ids = await seedEffects(store, 600);
  const leaseMs = '400';
  let workers = [start('work-effects.ts', leaseMs), start('work-effects.ts', leaseMs)];
  for (let kills = 0; kills < 6; kills += 1) {
    const victim = workers[kills % 2];
    await victim?.printed(20);
    await victim?.kill();
    workers = workers.map((worker) => (worker === victim ? start('work-effects.ts', leaseMs) : worker));
  }
  await Promise.all(workers.map((worker) => worker.ended()));
  expect(temp.words().sort()).toEqual(ids.sort());
  expect((await store.list({ effect: 'running' })).items).toEqual([]);
  expect((await store.list({ effect: 'due' })).items).toEqual([]);
  await store.close();
});
