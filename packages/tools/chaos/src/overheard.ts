import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { Logger } from '@tasklatch/core';

const EVENTS = [
  'submit',
  'delivery',
  'record',
  'batch',
  'settle',
  'unknownStatus',
  'check',
  'pause',
  'effect',
  'purge',
  'trouble',
];

/** Hears everything that comes out of the library, and remembers what held a word that must stay in. */
export interface Overheard {
  readonly logger: Logger;
  hear(from: string, said: unknown): void;
  readonly heard: number;
  readonly leaks: readonly string[];
  readonly events: Readonly<Record<string, number>>;
  stop(): void;
}

export function overhear(secrets: readonly string[]): Overheard {
  const leaks: string[] = [];
  const events: Record<string, number> = {};
  let heard = 0;
  function hear(from: string, said: unknown): void {
    heard += 1;
    const text =
      typeof said === 'string'
        ? said
        : `${inspect(said, { depth: 8, showHidden: true })}${said instanceof Error ? said.message : ''}`;
    for (const secret of secrets) if (text.includes(secret)) leaks.push(`${from}: ${text.slice(0, 300)}`);
  }
  const listeners = EVENTS.map((name) => {
    const listener = (event: unknown): void => {
      events[name] = (events[name] ?? 0) + 1;
      hear(`event ${name}`, JSON.stringify(event));
    };
    subscribe(`tasklatch:${name}`, listener);
    return () => unsubscribe(`tasklatch:${name}`, listener);
  });
  return {
    logger: { warn: (...said) => hear('log', said), error: (...said) => hear('log', said) },
    hear,
    get heard() {
      return heard;
    },
    leaks,
    events,
    stop: () => {
      for (const stop of listeners) stop();
    },
  };
}
