/** One of several things measured side by side. */
export interface Variant {
  readonly name: string;
  /** Does `amount` pieces of work and tells how long they took; what it prepares before does not count. */
  run(amount: number): Promise<Run>;
}

export interface Run {
  readonly seconds: number;
  /** What else was measured in this run. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Measured {
  /** Pieces a second, one for each round. */
  readonly rates: readonly number[];
  readonly figures: readonly Readonly<Record<string, number>>[];
}

export interface Pace {
  readonly rounds: number;
  /** About how long one run of one variant shall take. */
  readonly seconds: number;
  /** Pieces for each run, where that is fixed. */
  readonly amount?: number;
}

/**
 * Runs every variant once a round, each round beginning with another one, so that what slows the machine down for a while slows
 * all of them. Before that each is warmed up, until a run is long enough to be measured.
 */
export async function compare(variants: readonly Variant[], pace: Pace): Promise<ReadonlyMap<string, Measured>> {
  const amounts = new Map<Variant, number>();
  for (const variant of variants) amounts.set(variant, await warmUp(variant, pace));
  const runs = new Map<Variant, Run[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    process.stderr.write(`  round ${round + 1} of ${pace.rounds}\n`);
    const start = round % variants.length;
    for (const variant of [...variants.slice(start), ...variants.slice(0, start)])
      runs.get(variant)?.push(await variant.run(amounts.get(variant) ?? 1));
  }
  return new Map(
    [...runs].map(([variant, done]) => [
      variant.name,
      {
        rates: done.map(({ seconds }) => (amounts.get(variant) ?? 1) / seconds),
        figures: done.map(({ figures = {} }) => figures),
      },
    ]),
  );
}

/** Pieces in one run: what is very fast is measured for less long, not until the memory is full. */
const MOST = 50_000;

/** How many pieces a measured run shall have, by a run that was already warm. */
async function warmUp({ run }: Variant, { seconds, amount: fixed }: Pace): Promise<number> {
  if (fixed !== undefined) {
    await run(fixed);
    return fixed;
  }
  const next = async (amount: number): Promise<{ wanted: number; long: boolean }> => {
    const took = (await run(amount)).seconds;
    return {
      wanted: Math.min(MOST, Math.max(64, Math.round((amount * seconds) / took))),
      long: took >= seconds / 2 || amount === MOST,
    };
  };
  for (let amount = 256; ; ) {
    const { long, wanted } = await next(amount);
    if (long) return (await next(wanted)).wanted;
    amount = Math.min(wanted, amount * 8);
  }
}
