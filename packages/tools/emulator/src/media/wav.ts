import { type Note, TUNE_SECONDS } from './tune.js';

const RATE = 22_050;
const HEADER_BYTES = 44;

/** A tune as 16-bit mono PCM in a WAV file. */
export function renderWav(notes: readonly Note[]): Buffer {
  const samples = new Float32Array(RATE * TUNE_SECONDS);
  for (const note of notes) pluck(samples, note);

  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  const gain = peak === 0 ? 0 : 0.8 / peak;

  const file = Buffer.alloc(HEADER_BYTES + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, index) => {
    file.writeInt16LE(Math.round(sample * gain * 32_767), HEADER_BYTES + index * 2);
  });
  return file;
}

/** A plucked tone: three partials, a quick attack, a slow decay, silent at its end. */
function pluck(samples: Float32Array, { startSeconds, seconds, pitch, loudness }: Note): void {
  const step = (2 * Math.PI * 440 * 2 ** ((pitch - 69) / 12)) / RATE;
  const from = Math.round(startSeconds * RATE);
  const length = Math.min(Math.round(seconds * RATE), samples.length - from);
  for (let index = 0; index < length; index++) {
    const time = index / RATE;
    const envelope = Math.min(1, time / 0.008) * Math.exp(-3 * time) * Math.min(1, (length - index) / (0.02 * RATE));
    const tone = Math.sin(step * index) + 0.35 * Math.sin(2 * step * index) + 0.12 * Math.sin(3 * step * index);
    samples[from + index] = (samples[from + index] ?? 0) + loudness * envelope * tone;
  }
}
