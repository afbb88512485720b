import type { Run } from './database.js';
import { schemaIdentifier } from './migrations.js';
import { checkSchema, looksLikeWrongSchema } from './schema-check.js';
import { sqlState } from './sql-state.js';
import { within } from './time-limit.js';

/** Calls a function of the schema by its name and answers what it answered, as text. */
export type Call = (name: string, params: readonly (string | null)[]) => Promise<string | null>;

export interface CallerOptions {
  readonly schema: string;
  readonly timeoutMs: number;
  readonly prepare: boolean;
}

/** serialization_failure, deadlock_detected: rolled back, and worth another try at once. */
const TRY_AGAIN = new Set(['40001', '40P01']);
const TRIES = 3;

/** Makes calls on the pool, or with another `run` in a transaction. The first one checks that the schema fits this code. */
export function caller(run: Run, { schema, timeoutMs, prepare }: CallerOptions) {
  const prefix = schemaIdentifier(schema);
  let checking: Promise<void> | undefined;

  /** Once, unless it fails: the schema may be migrated meanwhile. */
  const checked = (): Promise<void> => {
    checking ??= within(timeoutMs, checkSchema(run, schema, timeoutMs)).catch((error: unknown) => {
      checking = undefined;
      throw error;
    });
    return checking;
  };

  const on =
    (runHere: Run, tries: number): Call =>
    async (name, params) => {
      await checked();
      const places = params.map((_, index) => `$${index + 1}`).join();
      const text = `select ${prefix}.${name}(${places})::text as answer`;
      const statement = { text, params, timeoutMs, ...(prepare && { name: `tl_${name}_${schema}` }) };
      for (let left = tries - 1; ; left -= 1) {
        try {
          const [row] = await within(timeoutMs, runHere(statement));
          // Every function of ours answers one text.
          return (row?.answer ?? null) as string | null;
        } catch (error) {
          if (left > 0 && TRY_AGAIN.has(sqlState(error))) continue;
          if (!looksLikeWrongSchema(error)) throw error;
          checking = undefined;
          await checked();
          throw error;
        }
      }
    };

  return {
    call: on(run, TRIES),
    /** In a transaction, where a failure of one statement is a failure of all. */
    within: (runHere: Run): Call => on(runHere, 1),
  };
}
