import type { Fact, LedgerEntry, Task } from '@tasklatch/core';
import fc from 'fast-check';
import type { Suite } from './suite.js';
import { LONG, present, type World } from './world.js';

/** What may differ between two orders of the same facts: times, and how many visible changes there were on the way. */
function essence({ id, key, ...task }: Task) {
  const { createdAt, updatedAt, settledAt, deadlineAt, nextCheckAt, sendToken, version, ...rest } = task;
  return { ...rest, settled: settledAt !== null, checked: nextCheckAt !== null };
}

/** The ledger up to counters and places: what was said, how often, and which outcomes there were. */
const said = (entries: readonly LedgerEntry[]) => ({
  facts: entries.map(({ fact, copies }) => `${fact.key} ${copies}`).sort(),
  outcomes: entries.map(({ outcome }) => outcome).sort(),
});

/** Facts about one task that contradict each other in nothing: of two different verdicts it matters which comes first. */
function factsOfOneTask(verdict: 'succeeded' | 'failed' | null) {
  const result = verdict === 'succeeded' ? { files: [], data: { seed: 1 } } : null;
  const error = verdict === 'failed' ? { code: 'boom', message: null } : null;
  const about = fc.record({
    named: fc.boolean(),
    source: fc.constantFrom('delivery', 'check', 'submit'),
    trust: fc.constantFrom('authentic', 'authentic', 'hint'),
    announce: fc.boolean(),
    providerStatus: fc.constantFrom(null, 'a', 'b'),
    checkInMs: fc.constantFrom(null, LONG),
  });
  const growth = fc.record({
    status: fc.constantFrom('pending', 'running', 'unclear', null),
    progress: fc.option(fc.integer({ min: 0, max: 99 })),
  });
  const end = fc.constant({ status: verdict, progress: null, result, error });
  const claim = verdict === null ? growth : fc.oneof({ weight: 2, arbitrary: growth }, { weight: 1, arbitrary: end });
  return fc.array(fc.tuple(about, claim), { minLength: 1, maxLength: 8 });
}

/** Records the facts in this order and these batches about a new task, and tells what came of it. */
async function play<Tx>(world: World<Tx>, facts: readonly Partial<Fact>[], cuts: readonly number[]) {
  const { id, externalId } = await world.submit();
  const whole = facts.map(({ taskId, ...fact }) =>
    world.fact({ ...fact, externalId: 'same', taskId: taskId === undefined ? null : id }),
  );
  // Keys are made with one external id, so that two runs can be compared; the id itself is this task's.
  const mine = whole.map((fact) => ({ ...fact, externalId }));
  for (let from = 0; from < mine.length; ) {
    const to = from + 1 + (cuts[from % Math.max(cuts.length, 1)] ?? 0);
    await world.store.record(mine.slice(from, to));
    from = to;
  }
  const { entries, effects } = await world.ledger(id);
  return {
    task: { ...essence(await world.task(id)), externalId: null },
    ledger: said(entries.slice(1)),
    settled: effects.filter(({ kind }) => kind === 'settled').map(({ number, state }) => [number, state]),
    announced: effects
      .filter(({ kind }) => kind === 'fact')
      .map(({ number }) => present(entries[number - 1]).fact.key)
      .sort(),
  };
}

export function orderCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('comes to the same task, ledger and effects in any order of the same facts, however often each comes', async (world) => {
    const verdicts = fc.constantFrom('succeeded' as const, 'failed' as const, null);
    const script = verdicts.chain(factsOfOneTask).chain((facts) => {
      // `announce` is not part of a fact's identity, so copies must agree on it.
      const agreed = facts.map(([{ named, announce, ...about }, claim]) => ({
        ...about,
        ...claim,
        announce: about.source === 'delivery',
        ...(named ? { taskId: 'this' } : {}),
      }));
      const copies = fc.array(fc.constantFrom(...agreed), { maxLength: 6 });
      return copies.chain((more) => {
        const all = [...agreed, ...more];
        const orders = fc.shuffledSubarray(all, { minLength: all.length });
        const cuts = fc.array(fc.nat(3), { maxLength: 4 });
        return fc.record({ one: orders, two: orders, cuts, otherCuts: cuts });
      });
    });
    await fc.assert(
      fc.asyncProperty(script, async ({ one, two, cuts, otherCuts }) => {
        expect(await play(world, two, otherCuts)).toEqual(await play(world, one, cuts));
      }),
      { numRuns: 30, seed: 20, endOnFailure: true },
    );
  }, 60_000);
}
