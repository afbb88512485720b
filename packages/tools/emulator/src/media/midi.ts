import type { Note } from './tune.js';

const TICKS_PER_QUARTER = 480;
/** At the tempo below: 120 quarters a minute. */
const TICKS_PER_SECOND = TICKS_PER_QUARTER * 2;
const TEMPO = [0x00, 0xff, 0x51, 0x03, 0x07, 0xa1, 0x20];
const END_OF_TRACK = [0x00, 0xff, 0x2f, 0x00];
const NOTE_ON = 0x90;
const NOTE_OFF = 0x80;

/** A tune as a standard MIDI file with one track. */
export function encodeMidi(notes: readonly Note[]): Buffer {
  const events = notes
    .flatMap(({ startSeconds, seconds, pitch, loudness }) => [
      { tick: Math.round(startSeconds * TICKS_PER_SECOND), bytes: [NOTE_ON, pitch, Math.round(loudness * 127)] },
      { tick: Math.round((startSeconds + seconds) * TICKS_PER_SECOND), bytes: [NOTE_OFF, pitch, 0] },
    ])
    // A tone that sounds twice in a row ends before it starts again.
    .sort((left, right) => left.tick - right.tick || (left.bytes[0] ?? 0) - (right.bytes[0] ?? 0));

  const track = [...TEMPO];
  let tick = 0;
  for (const event of events) {
    track.push(...variableLength(event.tick - tick), ...event.bytes);
    tick = event.tick;
  }
  track.push(...END_OF_TRACK);

  const header = Buffer.from('MThd\0\0\0\u0006\0\0\0\u0001\0\0', 'latin1');
  header.writeUInt16BE(TICKS_PER_QUARTER, 12);
  const frame = Buffer.from('MTrk\0\0\0\0', 'latin1');
  frame.writeUInt32BE(track.length, 4);
  return Buffer.concat([header, frame, Buffer.from(track)]);
}

/** Seven bits a byte, the highest first; all but the last have the top bit set. */
function variableLength(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
