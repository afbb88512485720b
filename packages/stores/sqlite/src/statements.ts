import { readFileSync } from 'node:fs';

const FILES = ['task', 'ledger', 'effect', 'quarantine', 'list'];

/** The statements of `sql/*.sql` by the names given there. */
export const STATEMENTS: ReadonlyMap<string, string> = new Map(
  FILES.flatMap((file) =>
    readFileSync(new URL(`./sql/${file}.sql`, import.meta.url), 'utf8')
      .split(/^-- name: /m)
      .slice(1)
      .map((section): [string, string] => {
        const end = section.indexOf('\n');
        return [section.slice(0, end).trim(), section.slice(end + 1).trim()];
      }),
  ),
);
