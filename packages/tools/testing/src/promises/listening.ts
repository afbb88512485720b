import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** What was published on a diagnostics channel while `work` ran. */
export async function listening(name: string, work: () => Promise<void>): Promise<Record<string, unknown>[]> {
  const seen: Record<string, unknown>[] = [];
  // Events are plain objects of names and counts.
  const listener = (message: unknown): void => void seen.push(message as Record<string, unknown>);
  subscribe(`tasklatch:${name}`, listener);
  try {
    await work();
  } finally {
    unsubscribe(`tasklatch:${name}`, listener);
  }
  return seen;
}
