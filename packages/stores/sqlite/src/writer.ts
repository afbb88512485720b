import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@tasklatch/core';
import { type Act, runAct, type Wake } from './act.js';
import { caller } from './caller.js';
import { commitGroup, type Write } from './commit-group.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import { type Hold, holdOf } from './hold.js';
import { busyTooLong, isBusy, storeClosed } from './sqlite-error.js';

/** The door to the file. Every wait in it is bounded by `busyMs` and leaves the event loop free. */
export interface Writer {
  /** Runs `body` in a write transaction; resolves when it is committed. */
  write<T>(body: (act: Act) => T): Promise<T>;
  read<T>(body: (db: Connection) => T): Promise<T>;
  /** Waits for the write lock and leaves it with the caller. */
  hold(): Promise<Hold>;
  /** Lets what waits come to its end, then closes the connections. */
  close(): Promise<void>;
}

type Entry = Write | { readonly answered: boolean; take(hold: Hold): void; reject(error: unknown): void };

export function writer(connections: Connections, clock: Pick<Clock, 'now'>, busyMs: number, told: Wake): Writer {
  const line: Entry[] = [];
  let pumping: Promise<void> | undefined;
  let closed = false;

  function enter(entry: Entry): void {
    if (closed) {
      entry.reject(storeClosed());
      return;
    }
    line.push(entry);
    pumping ??= pump();
  }

  /** Serves the line until it is empty. */
  async function pump(): Promise<void> {
    for (let tries = 0; ; ) {
      // Whoever comes in the same turn of the loop is committed together.
      await turn();
      while (line[0]?.answered === true) line.shift();
      const [first] = line;
      if (first === undefined) break;
      const db = begin(first);
      if (db === 'busy') await pause(tries++);
      else tries = 0;
      if (db === 'busy' || db === 'failed') continue;
      if ('run' in first) commitGroup(db, nextWrite);
      else {
        line.shift();
        // Nobody is served until it is given back.
        await new Promise<void>((free) => first.take(holdOf(db, clock, told, free)));
      }
    }
    pumping = undefined;
  }

  function begin(entry: Entry): Connection | 'busy' | 'failed' {
    try {
      const db = 'run' in entry ? connections.main() : connections.effects();
      db.exec('BEGIN IMMEDIATE');
      return db;
    } catch (error) {
      if (isBusy(error)) return 'busy';
      // New connections may do better, but nobody is to wait for that.
      connections.drop();
      for (const waiting of line.splice(0)) waiting.reject(error);
      return 'failed';
    }
  }

  function nextWrite(): Write | undefined {
    const [entry] = line;
    if (entry === undefined || !('run' in entry)) return undefined;
    line.shift();
    return entry;
  }

  return {
    write(body) {
      const waiting = caller<ReturnType<typeof body>>(busyMs);
      enter({
        get answered() {
          return waiting.answered;
        },
        reject: waiting.reject,
        run(db) {
          const act = runAct(db, clock, body);
          return () => {
            waiting.resolve(act.value);
            act.tell(told);
          };
        },
      });
      return waiting.promise;
    },

    async read(body) {
      const until = performance.now() + busyMs;
      for (let tries = 0; ; tries += 1) {
        if (closed) throw storeClosed();
        try {
          return body(connections.main());
        } catch (error) {
          if (!isBusy(error)) throw error;
        }
        if (performance.now() > until) throw busyTooLong(busyMs);
        await pause(tries);
      }
    },

    hold() {
      const waiting = caller<Hold>(busyMs);
      enter({
        get answered() {
          return waiting.answered;
        },
        reject: waiting.reject,
        take: waiting.resolve,
      });
      return waiting.promise;
    },

    async close() {
      closed = true;
      await pumping;
      connections.drop();
    },
  };
}

/** A random while, so that processes take turns. */
const pause = (tries: number): Promise<void> => sleep(Math.random() * Math.min(2 ** tries, 32));
