import { numbersFrom } from '../faults/draw.js';

export interface Note {
  readonly startSeconds: number;
  readonly seconds: number;
  /** MIDI number: 69 is the A of 440 Hz. */
  readonly pitch: number;
  /** 0..1. */
  readonly loudness: number;
}

export const TUNE_SECONDS = 6;
const STEP_SECONDS = 0.25;
const FADE_SECONDS = 0.5;
const pentatonic = [0, 2, 4, 7, 9, 12, 14, 16];
const chords = [
  [0, 7, 16],
  [-3, 4, 12],
  [-7, 5, 9],
  [-5, 2, 11],
];

/** A short pentatonic melody over four chords, the same for the same text. */
export function composeTune(text: string): readonly Note[] {
  const random = numbersFrom(text);
  const key = 57 + Math.floor(random() * 8);
  const notes: Note[] = [];
  const steps = Math.floor((TUNE_SECONDS - FADE_SECONDS) / STEP_SECONDS);
  const barSteps = Math.ceil(steps / chords.length);
  let place = 3;
  for (let step = 0; step < steps; step++) {
    const startSeconds = step * STEP_SECONDS;
    if (step % barSteps === 0) {
      for (const tone of chords[step / barSteps] ?? []) {
        notes.push({ startSeconds, seconds: barSteps * STEP_SECONDS, pitch: key - 12 + tone, loudness: 0.28 });
      }
    }
    if (step % 2 === 1 && random() < 0.35) continue;
    place = Math.min(pentatonic.length - 1, Math.max(0, place + Math.floor(random() * 5) - 2));
    notes.push({ startSeconds, seconds: STEP_SECONDS * 2, pitch: key + 12 + (pentatonic[place] ?? 0), loudness: 0.6 });
  }
  return notes;
}
