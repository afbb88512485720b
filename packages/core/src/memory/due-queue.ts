/** A heap of ids by due time. Entries are never removed: whoever looks at one checks that it still holds. */
export interface DueQueue {
  push(at: number, id: string): void;
  /** The earliest entry. */
  peek(): { readonly at: number; readonly id: string } | undefined;
  /** Takes the earliest entry out. */
  drop(): void;
  readonly size: number;
}

export function dueQueue(): DueQueue {
  const heap: { at: number; order: number; id: string }[] = [];
  let pushed = 0;
  const before = (a: number, b: number): boolean => {
    const x = heap[a];
    const y = heap[b];
    return x !== undefined && y !== undefined && (x.at < y.at || (x.at === y.at && x.order < y.order));
  };
  const swap = (a: number, b: number): void => {
    const x = heap[a];
    const y = heap[b];
    if (x === undefined || y === undefined) return;
    heap[a] = y;
    heap[b] = x;
  };
  return {
    push(at, id) {
      heap.push({ at, order: pushed++, id });
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (!before(child, parent)) break;
        swap(child, parent);
        child = parent;
      }
    },
    peek: () => heap[0],
    drop() {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        for (let parent = 0; ; ) {
          const left = 2 * parent + 1;
          const least = before(left + 1, left) ? left + 1 : left;
          if (!before(least, parent)) break;
          swap(least, parent);
          parent = least;
        }
      }
    },
    get size() {
      return heap.length;
    },
  };
}
