import { type Connection, connection } from './connection.js';
import { migrate } from './migrate.js';
import type { SqliteConnection } from './sqlite-database.js';

/** The connections of one store: opened when first needed, opened again after one went bad. */
export interface Connections {
  /** For everything but effects. */
  main(): Connection;
  /** For the transactions of effects, so that nothing else gets in. The same as `main` where there can be only one. */
  effects(): Connection;
  /** Forgets them: the next use opens new ones. */
  drop(): void;
}

export interface Source {
  open(): SqliteConnection;
  /** A second call would give the same connection, or another database. */
  readonly onlyOne: boolean;
  /** Whether a connection is ours to close. */
  readonly owned: boolean;
}

export function connections(source: Source): Connections {
  const opened: { main?: Connection; effects?: Connection } = {};

  function open(): Connection {
    const database = source.open();
    try {
      prepare(database);
      return connection(database);
    } catch (error) {
      if (source.owned) database.close?.();
      throw error;
    }
  }

  function main(): Connection {
    opened.main ??= open();
    return opened.main;
  }

  return {
    main,
    effects() {
      if (source.onlyOne) return main();
      opened.effects ??= open();
      return opened.effects;
    },
    drop() {
      const dropped = [opened.main, opened.effects];
      delete opened.main;
      delete opened.effects;
      if (!source.owned) return;
      for (const each of dropped) {
        try {
          each?.close();
        } catch {
          // It is gone either way.
        }
      }
    },
  };
}

/** By `exec`: a statement that libsql prepared and that met a busy file would keep its lock until it is garbage collected. */
function prepare(database: SqliteConnection): void {
  // The wait for the write lock is ours: SQLite's own would block the event loop, and its turns are unfair.
  database.exec('PRAGMA busy_timeout = 0');
  database.exec('PRAGMA journal_mode = WAL');
  // WAL's usual NORMAL would lose the last commits with the machine's power.
  database.exec('PRAGMA synchronous = FULL');
  migrate(database);
}
