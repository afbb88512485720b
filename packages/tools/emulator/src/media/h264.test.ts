import { expect, test } from 'vitest';
import { encodeFrame } from './h264.js';

const plane = (size: number, value: number) => new Uint8Array(size).fill(value);
const frame = (value: number) => ({
  width: 32,
  height: 16,
  luma: plane(512, value),
  blue: plane(128, value),
  red: plane(128, value),
});

test.each([0, 1, 2, 3])('samples of %i never look like the start of another unit', (value) => {
  const unit = encodeFrame(frame(value), undefined, 0);
  for (const start of [0, 1, 2]) expect(unit.indexOf(Buffer.from([0, 0, start]))).toBe(-1);
  // With the extra bytes taken out again, all samples are there.
  const payload = [...unit].filter((byte, at) => !(byte === 3 && unit[at - 1] === 0 && unit[at - 2] === 0));
  expect(payload.filter((byte) => byte === value).length).toBeGreaterThanOrEqual(768);
});

test('a frame that does not differ is a few bytes', () => {
  expect(encodeFrame(frame(50), frame(50), 1).length).toBeLessThan(8);
  expect(encodeFrame(frame(50), frame(51), 1).length).toBeGreaterThan(768);
});
