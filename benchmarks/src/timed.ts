import type { Run } from './compare.js';

export async function timed(work: () => Promise<unknown>): Promise<Run> {
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1000 };
}
