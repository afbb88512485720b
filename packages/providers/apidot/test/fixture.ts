import { readFileSync } from 'node:fs';

/** A body of `fixtures/`, as text. For tests; not part of the build. */
export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8');
