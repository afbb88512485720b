import { type Database, fromQuery, type QueryFunction } from './database.js';
import { fromPg, type PgPool } from './from-pg.js';
import { inSchema, migrations, schemaIdentifier } from './migrations.js';

/** Where a query comes from: a pool of `pg`, a `Database`, or the one function that runs a statement. */
export type Queryable = PgPool | Database<unknown> | QueryFunction;

export interface MigrateOptions {
  /** Default `tasklatch`. */
  readonly schema?: string;
  readonly query: Queryable;
  /** Default ten minutes. */
  readonly timeoutMs?: number;
}

/**
 * Brings the schema to this code's version: creates it, or applies what is missing, in one transaction. Safe to call from any number
 * of instances at once: one applies, the others wait for it. Needs the right to create; the store itself only needs to use.
 */
export async function migrate({ query, schema = 'tasklatch', timeoutMs = 600_000 }: MigrateOptions): Promise<void> {
  await toDatabase(query).run({ text: migrationStatement(schema), params: [], timeoutMs });
}

export function toDatabase(query: Queryable): Database<unknown> {
  if (typeof query === 'function') return fromQuery(query);
  return 'run' in query ? query : fromPg(query);
}

/** One statement, because that is all some clients can do at once. */
function migrationStatement(schema: string): string {
  const id = schemaIdentifier(schema);
  const steps = migrations().map(
    ({ version, sql }) => `
  if applied < ${version} then
    execute $tl_file$${inSchema(sql, schema)}$tl_file$;
  end if;`,
  );
  return `do $tl_migrate$
declare
  applied int := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('${schema} migrations', 0));
  if to_regclass('${id}.migration') is not null then
    execute 'select coalesce(max(version), 0) from ${id}.migration' into applied;
  end if;${steps.join('')}
end $tl_migrate$`;
}
