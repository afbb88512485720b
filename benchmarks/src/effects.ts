import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createTasklatch, type TasklatchEvents } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import type { Benchmark } from './benchmark.js';
import { compare, type Measured, type Variant } from './compare.js';
import { inDigits, withSpread } from './digits.js';
import { type OpenStore, openStore } from './open-store.js';
import { ratio, spread } from './spread.js';
import { freshIds, openTasks, recordAll, settlingFact } from './tasks.js';
import { timed } from './timed.js';

const AMOUNT = 5000;

/**
 * `nothing`: the handler returns at once. `own write`: it writes a row of the app by itself. `transaction`: it writes the row through
 * `tx`, together with the end of the effect.
 */
const HANDLERS = ['nothing', 'own write', 'transaction'] as const;
type Handler = (typeof HANDLERS)[number];

/** Settled effects that are due, run until all are done by one worker with its defaults. */
export const effects: Benchmark = async ({ pace, services, stores }) => {
  const opened: OpenStore[] = [];
  try {
    for (const name of stores) opened.push(await openStore(name, services, 'effects'));
    const measured = await compare(opened.flatMap(variantsOf), { amount: AMOUNT, ...pace });
    const rows = opened.flatMap((open) => handlersOf(open).map((handler) => row(open.name, handler, measured)));
    const title = `${(pace.amount ?? AMOUNT).toLocaleString('en')} due effects, one worker`;
    return [{ title, columns: ['store, handler', 'effects/s', 'rate ÷ nothing', 'rate ÷ own write'], rows }];
  } finally {
    await Promise.all(opened.map((open) => open.close()));
  }
};

const handlersOf = ({ appWrite }: OpenStore): readonly Handler[] => (appWrite === undefined ? ['nothing'] : HANDLERS);

const variantsOf = (open: OpenStore): Variant[] =>
  handlersOf(open).map((handler) => ({
    name: `${open.name}, ${handler}`,
    async run(amount) {
      const { appWrite } = open;
      const [store, ids] = [open.store(), freshIds(amount)];
      await openTasks(store, ids);
      await recordAll(store, ids.map(settlingFact), 64);
      const latch = createTasklatch({ store, providers: [scriptedProvider()] });
      latch.onSettled(
        async (task, { tx }) => {
          if (handler !== 'nothing') await appWrite?.(task.id, handler === 'transaction' ? tx : undefined);
        },
        { transaction: handler === 'transaction' },
      );
      const done = effectsDone(amount);
      const run = await timed(async () => {
        await latch.start();
        await done;
      });
      await latch.stop();
      return run;
    },
  }));

/** Resolves when so many effects are done, in the store too. Rejects for one that ended in another way. */
function effectsDone(amount: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = 0;
    // The cast: what the core publishes under this name.
    const count = (event: unknown): void => {
      const { outcome, code } = event as TasklatchEvents['effect'];
      if (outcome === 'done') done += 1;
      else reject(new Error(`An effect ended as ${outcome} (${code}).`));
      if (done < amount && outcome === 'done') return;
      unsubscribe('tasklatch:effect', count);
      resolve();
    };
    subscribe('tasklatch:effect', count);
  });
}

function row(store: string, handler: Handler, measured: ReadonlyMap<string, Measured>): string[] {
  const of = (other: Handler): readonly number[] => measured.get(`${store}, ${other}`)?.rates ?? [];
  const rates = of(handler);
  return [
    `${store}, ${handler}`,
    inDigits(spread(rates).median),
    handler === 'nothing' ? '' : withSpread(ratio(rates, of('nothing'))),
    handler === 'transaction' ? withSpread(ratio(rates, of('own write'))) : '',
  ];
}
