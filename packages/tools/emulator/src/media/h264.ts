/** One picture in planes: luma at full size, both chroma planes at half. Sides are multiples of 16. Values from 16 to 240. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;
  readonly blue: Uint8Array;
  readonly red: Uint8Array;
}

const BLOCK = 16;
/** Macroblock types for raw samples: 25 among the I types, and after the five P types there. */
const RAW_IN_I = 25;
const RAW_IN_P = 5 + RAW_IN_I;
const SLICE_P = 5;
const SLICE_I = 7;
const FRAME_NUMBER_BITS = 8;

/** Constrained Baseline, level 3. */
export const profile = { idc: 66, constraints: 0xc0, level: 30 } as const;

/**
 * H.264 without compression: every block that changes is sent as raw samples (I_PCM), every other one is skipped. Any decoder
 * plays it, and the encoder needs no transform, no prediction and no entropy coder.
 */
export function sequenceParameters(width: number, height: number): Buffer {
  const bits = createBits();
  bits.fixed(profile.idc, 8).fixed(profile.constraints, 8).fixed(profile.level, 8);
  bits.golomb(0); // id
  bits.golomb(FRAME_NUMBER_BITS - 4);
  bits.golomb(2); // pictures are shown in the order they come
  bits.golomb(1).fixed(0, 1); // one reference picture, no gaps
  bits.golomb(width / BLOCK - 1).golomb(height / BLOCK - 1);
  bits.fixed(1, 1).fixed(1, 1).fixed(0, 1).fixed(0, 1); // whole frames, 8x8 inference, no cropping, no VUI
  return unit(0x67, bits.end());
}

export function pictureParameters(): Buffer {
  const bits = createBits();
  bits.golomb(0).golomb(0).fixed(0, 2); // ids, no CABAC, no field order
  bits.golomb(0).golomb(0).golomb(0).fixed(0, 3); // one slice group, one reference, no weights
  bits.golomb(0).golomb(0).golomb(0); // quantisers (signed 0 is written as 0)
  bits.fixed(0b100, 3); // deblocking is said per slice; no constrained prediction, no redundant pictures
  return unit(0x68, bits.end());
}

/** A frame as one slice: whole without `previous`, else only the blocks that differ from it. */
export function encodeFrame(frame: Planes, previous: Planes | undefined, number: number): Buffer {
  const bits = createBits();
  bits
    .golomb(0)
    .golomb(previous ? SLICE_P : SLICE_I)
    .golomb(0)
    .fixed(number % 2 ** FRAME_NUMBER_BITS, FRAME_NUMBER_BITS);
  if (previous)
    bits.fixed(0, 2).fixed(0, 1); // default references; sliding window
  else bits.golomb(0).fixed(0, 2); // id of the instant refresh; keep nothing from before
  bits.golomb(0).golomb(1); // same quantiser; no deblocking

  let skipped = 0;
  for (let top = 0; top < frame.height; top += BLOCK) {
    for (let left = 0; left < frame.width; left += BLOCK) {
      if (previous && sameBlock(frame, previous, left, top)) {
        skipped++;
        continue;
      }
      if (previous) bits.golomb(skipped).golomb(RAW_IN_P);
      else bits.golomb(RAW_IN_I);
      skipped = 0;
      bits.align();
      copyBlock(bits, frame, left, top);
    }
  }
  if (previous && skipped > 0) bits.golomb(skipped);
  return unit(previous ? 0x41 : 0x65, bits.end());
}

function eachRow(
  frame: Planes,
  left: number,
  top: number,
  row: (plane: 'luma' | 'blue' | 'red', from: number, to: number) => void,
): void {
  for (let y = 0; y < BLOCK; y++) row('luma', (top + y) * frame.width + left, (top + y) * frame.width + left + BLOCK);
  for (const plane of ['blue', 'red'] as const) {
    for (let y = 0; y < BLOCK / 2; y++) {
      const from = ((top / 2 + y) * frame.width) / 2 + left / 2;
      row(plane, from, from + BLOCK / 2);
    }
  }
}

function sameBlock(frame: Planes, previous: Planes, left: number, top: number): boolean {
  let same = true;
  eachRow(frame, left, top, (plane, from, to) => {
    for (let at = from; same && at < to; at++) same = frame[plane][at] === previous[plane][at];
  });
  return same;
}

function copyBlock(bits: Bits, frame: Planes, left: number, top: number): void {
  eachRow(frame, left, top, (plane, from, to) => bits.bytes(frame[plane].subarray(from, to)));
}

interface Bits {
  fixed(value: number, count: number): Bits;
  /** Exp-Golomb, unsigned. */
  golomb(value: number): Bits;
  align(): void;
  /** Only when aligned. */
  bytes(values: Uint8Array): void;
  /** Adds the stop bit; the payload. */
  end(): readonly number[];
}

function createBits(): Bits {
  const payload: number[] = [];
  let pending = 0;
  let count = 0;
  const bits: Bits = {
    fixed(value, width) {
      for (let bit = width - 1; bit >= 0; bit--) {
        pending = (pending << 1) | ((value >> bit) & 1);
        if (++count < 8) continue;
        payload.push(pending);
        pending = 0;
        count = 0;
      }
      return bits;
    },
    golomb(value) {
      const width = 32 - Math.clz32(value + 1);
      return bits.fixed(0, width - 1).fixed(value + 1, width);
    },
    align() {
      while (count > 0) bits.fixed(0, 1);
    },
    bytes(values) {
      for (const value of values) payload.push(value);
    },
    end() {
      bits.fixed(1, 1);
      bits.align();
      return payload;
    },
  };
  return bits;
}

/** Puts the header before a payload, and a 3 wherever it would look like the start of another unit. */
function unit(header: number, payload: readonly number[]): Buffer {
  const bytes = [header];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(bytes);
}
