import type { Draw } from './draw.js';
import type { Sometimes } from './faults.js';

/** Which request this is: the how-manieth of its task (or marker), and of all. From 1. */
export interface Turn {
  readonly draw: Draw;
  readonly nth: number;
  readonly overall: number;
}

export function happens(sometimes: Sometimes | undefined, name: string, turn: Turn): boolean {
  if (sometimes === undefined || typeof sometimes !== 'object') return turn.draw.hits(sometimes, name);
  const { chance, first = 0, storm } = sometimes;
  if (turn.nth <= first) return true;
  if (storm && (turn.overall - 1) % storm.every >= storm.every - storm.length) return true;
  return turn.draw.hits(chance, name);
}

/** The first of the faults, in this order, that hits. */
export function firstToHappen<Name extends string>(
  names: readonly Name[],
  faults: Readonly<Partial<Record<Name, Sometimes>>>,
  group: string,
  turn: Turn,
): Name | undefined {
  return names.find((name) => happens(faults[name], `${group}.${name}`, turn));
}
