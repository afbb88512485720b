import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from './fact.js';
import { makeFact } from './make-fact.js';
import type { TaskDraft } from './store.js';
import { isTerminal, statusRank, type Task } from './task.js';
import { type Claim, claimOf, join, openAgain, openTask, transition } from './transition.js';

const draft: TaskDraft = {
  id: 'tsk_a',
  provider: 'acme',
  key: 'k',
  owner: 'ann',
  model: null,
  fingerprint: 'f',
  expectsCallback: true,
  sendToken: 's1',
  sendWithinMs: 60_000,
  deadlineMs: 3_600_000,
};

const anyStatus = fc.constantFrom('unclear', 'pending', 'running', 'succeeded', 'failed', 'canceled', 'expired', null);

/** A fact as any door may bring it. */
const anyFact: fc.Arbitrary<Fact> = fc
  .record({
    source: fc.constantFrom('submit', 'delivery', 'check', 'operator'),
    trust: fc.constantFrom('authentic', 'authentic', 'hint'),
    status: anyStatus,
    externalId: fc.constantFrom(null, 'x1', 'x1', 'x2'),
    progress: fc.option(fc.integer({ min: 0, max: 100 })),
    checkInMs: fc.constantFrom(null, 0, 30_000),
    error: fc.constantFrom(null, { code: 'policy', message: 'no' }),
    nonce: fc.string({ maxLength: 2 }),
  })
  .map(({ nonce, ...said }) =>
    makeFact({ provider: 'acme', taskId: 'tsk_a', ...said, status: said.status, nonce } as Parameters<
      typeof makeFact
    >[0]),
  );

/** Claims with places of their own in the ledger, as facts get them when they are written. */
const claims = (count: number): fc.Arbitrary<readonly Claim[]> =>
  fc
    .array(anyFact, { minLength: count, maxLength: count })
    .map((facts) => facts.map((fact, index) => claimOf(fact, index + 1)));

const apply = (facts: readonly Fact[]): { task: Task; settled: number; outcomes: string[] } => {
  let task = openTask(draft, 1_000);
  const seen = new Set<string>();
  const outcomes: string[] = [];
  for (const [index, fact] of facts.entries()) {
    if (seen.has(fact.key)) continue;
    seen.add(fact.key);
    const step = transition(task, fact, 2_000 + index, false);
    task = step.task;
    outcomes.push(step.outcome);
  }
  return { task, settled: outcomes.filter((outcome) => outcome === 'settled').length, outcomes };
};

/** What a user sees of a task: not when it was checked next, nor how often it changed. */
const seen = ({ error, externalId, progress, result, status }: Task): unknown => ({
  error,
  externalId,
  progress,
  result,
  status,
});

describe('join', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(claims(2), ([a, b]) => {
        if (a === undefined || b === undefined) return;
        expect(join(a, b)).toEqual(join(b, a));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(claims(3), ([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return;
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(claims(1), ([a]) => {
        if (a === undefined) return;
        expect(join(a, a)).toEqual(a);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never loses what was claimed: status only rises, progress only grows', () => {
    fc.assert(
      fc.property(claims(2), ([a, b]) => {
        if (a === undefined || b === undefined) return;
        const both = join(a, b);
        expect(statusRank(both.status)).toBe(Math.max(statusRank(a.status), statusRank(b.status)));
        expect(both.progress ?? -1).toBe(Math.max(a.progress ?? -1, b.progress ?? -1));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('transition', () => {
  it('settles a task once, whatever comes in whatever order; only `expired` gives way, once', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 14 }), (facts) => {
        let task = openTask(draft, 1_000);
        const verdicts: string[] = [];
        for (const fact of facts) {
          const before = task;
          const step = transition(task, fact, 5_000, false);
          task = step.task;
          if (isTerminal(before.status) && before.status !== 'expired') {
            expect(seen({ ...task, externalId: null })).toEqual(seen({ ...before, externalId: null }));
          }
          if (step.due === 'settled') verdicts.push(task.status);
        }
        expect(verdicts.length).toBe(task.verdicts);
        expect(verdicts.length).toBeLessThanOrEqual(verdicts[0] === 'expired' ? 2 : 1);
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives the same task, effects and ledger for every order and repetition of facts whose verdicts agree', () => {
    const agreeing = fc
      .tuple(fc.constantFrom('succeeded', 'failed', 'canceled'), fc.array(anyFact, { maxLength: 10 }))
      .map(([verdict, facts]) =>
        facts
          .filter(({ status }) => status !== 'expired')
          .map((fact) =>
            makeFact({
              ...fact,
              externalId: fact.externalId === null ? null : 'x1',
              error: null,
              status: fact.status !== null && isTerminal(fact.status) ? verdict : fact.status,
            } as Parameters<typeof makeFact>[0]),
          ),
      );
    fc.assert(
      fc.property(agreeing, fc.infiniteStream(fc.nat()), (facts, dice) => {
        const one = apply(facts);
        const twice = [...facts, ...facts].map((fact) => ({ fact, at: dice.next().value })).sort((a, b) => a.at - b.at);
        const other = apply(twice.map(({ fact }) => fact));
        expect(seen(other.task)).toEqual(seen(one.task));
        expect(other.settled).toBe(one.settled);
        expect([...other.outcomes].sort()).toEqual([...one.outcomes].sort());
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps a next check for every task that is not terminal, never past its deadline, and none for one that is', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 10 }), (facts) => {
        const { task } = apply(facts);
        if (isTerminal(task.status)) expect(task.nextCheckAt).toBeNull();
        else expect(task.nextCheckAt).toBeLessThanOrEqual(task.deadlineAt);
      }),
    );
  });

  it('lets a hint change nothing but the id it names and the time of the next check', () => {
    const open = openTask(draft, 1_000);
    const hint = makeFact({
      provider: 'acme',
      source: 'delivery',
      taskId: 'tsk_a',
      trust: 'hint',
      status: 'succeeded',
      externalId: 'x1',
      checkInMs: 0,
    });
    const { due, outcome, task } = transition(open, hint, 1_500, false);
    expect([outcome, due, task.status, task.externalId, task.externalIdHinted, task.nextCheckAt]).toEqual([
      'hint',
      null,
      'submitting',
      'x1',
      true,
      1_500,
    ]);
  });

  it('never puts a confirming check off once there was a hint', () => {
    const hinted = transition(
      openTask(draft, 1_000),
      makeFact({ provider: 'acme', source: 'delivery', trust: 'hint', status: 'succeeded', checkInMs: 0 }),
      1_500,
      false,
    ).task;
    const answered = transition(
      hinted,
      makeFact({ provider: 'acme', source: 'submit', status: 'pending', externalId: 'x1', checkInMs: 60_000 }),
      1_600,
      false,
    ).task;
    expect(answered.nextCheckAt).toBe(1_500);
  });

  it('takes an authentic id for a hinted one, and calls any other difference foreign', () => {
    const hinted = transition(
      openTask(draft, 1_000),
      makeFact({ provider: 'acme', source: 'delivery', trust: 'hint', externalId: 'wrong' }),
      1_500,
      false,
    ).task;
    const answered = transition(
      hinted,
      makeFact({ provider: 'acme', source: 'submit', status: 'pending', externalId: 'right' }),
      1_600,
      false,
    );
    expect([answered.outcome, answered.task.externalId, answered.task.externalIdHinted]).toEqual([
      'noted',
      'right',
      false,
    ]);
    const other = transition(
      answered.task,
      makeFact({ provider: 'acme', source: 'delivery', status: 'succeeded', externalId: 'other' }),
      1_700,
      false,
    );
    expect([other.outcome, other.task]).toEqual(['foreign', answered.task]);
  });

  it('frees the send only for the token that did not arrive, and only while nothing else is known', () => {
    const open = openTask(draft, 1_000);
    const released = (token: string, from: Task) =>
      transition(from, makeFact({ provider: 'acme', source: 'submit', notSent: token }), 1_500, false).task;
    expect(released('s0', open).sendToken).toBe('s1');
    const free = released('s1', open);
    expect([free.sendToken, free.nextCheckAt]).toEqual([null, free.deadlineAt]);
    expect(openAgain(free, { ...draft, sendToken: 's2' }, 2_000)).toMatchObject({
      send: true,
      task: { sends: 2, sendToken: 's2' },
    });
    const running = transition(
      open,
      makeFact({ provider: 'acme', source: 'delivery', status: 'running' }),
      1_400,
      false,
    ).task;
    expect(released('s1', running).sendToken).toBe('s1');
  });
});
