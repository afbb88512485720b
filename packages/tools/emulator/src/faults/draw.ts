/** How often something happens: 0..1, or always / never. */
export type Chance = number | boolean;
/** A fixed number, or one drawn evenly between two. */
export type Amount = number | readonly [least: number, most: number];

/**
 * Chance from a seed. Every question has a name, and the same seed, key and name always give the same answer, whatever was
 * asked before: switching one fault on does not move the others.
 */
export interface Draw {
  /** Even in [0, 1). */
  unit(name: string): number;
  hits(chance: Chance | undefined, name: string): boolean;
  amount(amount: Amount, name: string): number;
  pick<T>(items: readonly [T, ...T[]], name: string): T;
  /** The same seed, one key further. */
  under(key: string | number): Draw;
}

export function drawFrom(seed: string | number): Draw {
  return drawAt(mix(0x811c9dc5, String(seed)));
}

/** A stream of numbers in [0, 1), for code that needs many (pictures, melodies). */
export function numbersFrom(seed: string | number): () => number {
  let state = finish(mix(0x811c9dc5, String(seed)));
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function drawAt(state: number): Draw {
  const unit = (name: string) => finish(mix(state, name)) / 0x1_0000_0000;
  return {
    unit,
    hits(chance, name) {
      if (chance === undefined || typeof chance === 'boolean') return chance === true;
      return unit(name) < chance;
    },
    amount(amount, name) {
      if (typeof amount === 'number') return amount;
      const [least, most] = amount;
      return least + unit(name) * (most - least);
    },
    pick(items, name) {
      return items[Math.floor(unit(name) * items.length)] ?? items[0];
    },
    under: (key) => drawAt(mix(state, `/${key}/`)),
  };
}

/** FNV-1a: takes in text, a character at a time. */
function mix(state: number, text: string): number {
  let hash = state;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The last step of MurmurHash3: spreads a change in any bit over all of them. */
function finish(state: number): number {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
