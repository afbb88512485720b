import { wrong } from './secrets.js';

/** How far a timestamp may lie from the clock, in whole seconds, limits included. */
export interface TimeWindow {
  readonly pastS: number;
  /** Infinity where the sender's own libraries look at the age only. */
  readonly futureS: number;
}

export function timeWindow(scheme: string, row: TimeWindow, toleranceS: number | undefined): TimeWindow {
  if (toleranceS === undefined) return row;
  if (!(Number.isFinite(toleranceS) && toleranceS > 0))
    throw wrong(scheme, '"toleranceS" must be a number of seconds above 0');
  return { pastS: toleranceS, futureS: row.futureS === Number.POSITIVE_INFINITY ? row.futureS : toleranceS };
}

/**
 * What is wrong with a timestamp, or undefined. Unix seconds in plain decimal digits, nothing else: the text that was checked here is the
 * text that was signed, so `1760000000x`, `+1`, `1e9` and `NaN` have no business in it.
 */
export function timeFault(text: string | undefined, receivedAt: number, window: TimeWindow): string | undefined {
  if (text === undefined) return 'the timestamp is missing';
  if (!/^(?:0|[1-9]\d{0,14})$/.test(text)) return 'the timestamp is not in Unix seconds';
  const age = Math.floor(receivedAt / 1000) - Number(text);
  // Written so that an age that is no number is refused.
  if (!(age <= window.pastS)) return 'the timestamp is too old';
  if (!(-age <= window.futureS)) return 'the timestamp is too far ahead';
  return undefined;
}
