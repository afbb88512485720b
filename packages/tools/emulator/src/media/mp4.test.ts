import { expect, test } from 'vitest';
import { createMediaCache } from './media-cache.js';

const WIDTH = 320;
const HEIGHT = 176;

const film = await createMediaCache().get({ kind: 'mp4', prompt: 'A paper boat', seed: '7', ratio: 16 / 9 });
const top = boxes(film);
const moov = boxes(content('moov', top));
const trak = boxes(content('trak', moov));
const minf = boxes(content('minf', boxes(content('mdia', trak))));
const stbl = boxes(content('stbl', minf));

test('a film is an MP4 whose index comes first and points at every frame', () => {
  expect(top.map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
  expect(stbl.map(({ type }) => type)).toEqual(['stsd', 'stts', 'stss', 'stsc', 'stsz', 'stco']);
  const header = content('tkhd', trak);
  expect([header.readUInt32BE(76) >> 16, header.readUInt32BE(80) >> 16]).toEqual([WIDTH, HEIGHT]);
  const times = content('stts', stbl);
  expect([times.readUInt32BE(8), times.readUInt32BE(12)]).toEqual([50, 80]);
  expect(frames()).toHaveLength(50);
});

test('the data are one H.264 unit for each frame: a whole picture, then changes', () => {
  for (const [index, frame] of frames().entries()) {
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(frame[4]).toBe(index === 0 ? 0x65 : 0x41);
    // No start code may appear inside a unit.
    expect(frame.subarray(4).indexOf(Buffer.from([0, 0, 1]))).toBe(-1);
    expect(frame.subarray(4).indexOf(Buffer.from([0, 0, 0]))).toBe(-1);
  }
});

test('the first frame decodes to a picture, block by block', () => {
  const bits = reader(frames()[0]?.subarray(5) ?? Buffer.alloc(0));
  expect([bits.golomb(), bits.golomb(), bits.golomb(), bits.fixed(8), bits.golomb(), bits.fixed(2)]).toEqual([
    0, 7, 0, 0, 0, 0,
  ]);
  expect([bits.golomb(), bits.golomb()]).toEqual([0, 1]);
  const values = new Set<number>();
  for (let block = 0; block < (WIDTH / 16) * (HEIGHT / 16); block++) {
    expect(bits.golomb()).toBe(25);
    for (const sample of bits.bytes(384)) values.add(sample);
  }
  expect(bits.atEnd()).toBe(true);
  expect(values.size).toBeGreaterThan(50);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(16);
  expect(Math.max(...values)).toBeLessThanOrEqual(240);
});

test('a later frame sends some blocks and skips the rest', () => {
  const bits = reader(frames()[7]?.subarray(5) ?? Buffer.alloc(0));
  expect([bits.golomb(), bits.golomb(), bits.golomb(), bits.fixed(8), bits.fixed(3)]).toEqual([0, 5, 0, 7, 0]);
  expect([bits.golomb(), bits.golomb()]).toEqual([0, 1]);
  let covered = 0;
  let sent = 0;
  while (!bits.atEnd()) {
    covered += bits.golomb();
    if (bits.atEnd()) break;
    expect(bits.golomb()).toBe(30);
    bits.bytes(384);
    covered++;
    sent++;
  }
  expect(covered).toBe((WIDTH / 16) * (HEIGHT / 16));
  expect(sent).toBeGreaterThan(4);
  expect(sent).toBeLessThan(60);
});

interface Box {
  readonly type: string;
  readonly content: Buffer;
}

function boxes(bytes: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    expect(size).toBeGreaterThanOrEqual(8);
    expect(at + size).toBeLessThanOrEqual(bytes.length);
    found.push({ type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return found;
}

function content(type: string, among: readonly Box[]): Buffer {
  const box = among.find((one) => one.type === type);
  if (!box) throw new Error(`no box ${type}`);
  return box.content;
}

function frames(): Buffer[] {
  const sizes = content('stsz', stbl);
  let at = content('stco', stbl).readUInt32BE(8);
  const found = Array.from({ length: sizes.readUInt32BE(8) }, (_, index) => {
    const size = sizes.readUInt32BE(12 + index * 4);
    at += size;
    return film.subarray(at - size, at);
  });
  expect(at).toBe(film.length);
  return found;
}

/** Reads a unit's payload, without the bytes that keep start codes out. */
function reader(unit: Buffer) {
  const payload = unit.filter((byte, index) => !(byte === 3 && unit[index - 1] === 0 && unit[index - 2] === 0));
  const last = payload.length * 8 - 1 - Math.log2((payload.at(-1) ?? 1) & -(payload.at(-1) ?? 1));
  let at = 0;
  const fixed = (width: number): number => {
    let value = 0;
    for (let bit = 0; bit < width; bit++, at++) value = value * 2 + (((payload[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  return {
    fixed,
    golomb(): number {
      let zeros = 0;
      while (zeros < 32 && fixed(1) === 0) zeros++;
      return 2 ** zeros - 1 + fixed(zeros);
    },
    bytes(count: number): Uint8Array {
      at = Math.ceil(at / 8) * 8 + count * 8;
      return payload.subarray(at / 8 - count, at / 8);
    },
    /** At the stop bit: the last one that is set. */
    atEnd: () => at === last,
  };
}
