/** Which of the doors to time and network `work` went through. It must be synchronous: the doors are watched while it runs. */
export function sideEffectsOf(work: () => void): string[] {
  const used: string[] = [];
  const kept = DOORS.map((door) => [door, globalThis[door]] as const);
  for (const [door, original] of kept) {
    const watched = (...args: unknown[]): unknown => {
      used.push(door);
      return Reflect.apply(original, globalThis, args);
    };
    Reflect.set(globalThis, door, watched);
  }
  try {
    work();
  } finally {
    for (const [door, original] of kept) Reflect.set(globalThis, door, original);
  }
  return used;
}

const DOORS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'] as const;
