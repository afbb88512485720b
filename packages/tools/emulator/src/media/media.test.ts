import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createMediaCache, type MediaKind } from './media-cache.js';
import { composeTune, TUNE_SECONDS } from './tune.js';

const prompt = 'A red paper boat on still water';
const cache = createMediaCache();
const media = (kind: MediaKind, order: { prompt?: string; seed?: string; ratio?: number } = {}) =>
  cache.get({ kind, prompt, seed: '7', ratio: 1, ...order });

test.each(['png', 'mp4', 'wav', 'glb', 'mid'] as const)(
  'the same prompt and seed give the same %s, others another',
  async (kind) => {
    const first = await media(kind);
    expect(Buffer.compare(await createMediaCache().get({ kind, prompt, seed: '7', ratio: 1 }), first)).toBe(0);
    expect(Buffer.compare(await media(kind, { seed: '8' }), first)).not.toBe(0);
    expect(Buffer.compare(await media(kind, { prompt: 'Something else' }), first)).not.toBe(0);
  },
  // Four films are made, on a machine that may be busy.
  120_000,
);

test.each([
  [1, 512, 512],
  [16 / 9, 512, 288],
  [3 / 4, 384, 512],
])('a picture of ratio %d is a whole PNG of %i by %i with many colours', async (ratio, width, height) => {
  for (const seed of ['1', '2', '4']) {
    const png = await media('png', { ratio, seed });
    expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    const chunks = pngChunks(png);
    expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    const header = chunks[0]?.data ?? Buffer.alloc(13);
    expect([header.readUInt32BE(0), header.readUInt32BE(4), ...header.subarray(8)]).toEqual([
      width,
      height,
      8,
      2,
      0,
      0,
      0,
    ]);
    const rows = inflateSync(chunks[1]?.data ?? Buffer.alloc(0));
    expect(rows.length).toBe(height * (1 + width * 3));
    expect(coloursOf(rows, width, height).size).toBeGreaterThan(500);
  }
});

test('a tune is a WAV as long as it says, with sound in it', async () => {
  const wav = await media('wav');
  expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
  expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
  expect(wav.toString('latin1', 8, 16)).toBe('WAVEfmt ');
  const [format, channels, rate, byteRate, align, bits] = [20, 22, 24, 28, 32, 34].map((at) =>
    at === 24 || at === 28 ? wav.readUInt32LE(at) : wav.readUInt16LE(at),
  );
  expect([format, channels, bits, align, byteRate]).toEqual([1, 1, 16, 2, (rate ?? 0) * 2]);
  expect(wav.toString('latin1', 36, 40)).toBe('data');
  expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
  expect((wav.length - 44) / 2 / (rate ?? 1)).toBe(TUNE_SECONDS);
  const samples = Array.from({ length: (wav.length - 44) / 2 }, (_, index) => wav.readInt16LE(44 + index * 2));
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  expect(peak).toBeGreaterThan(20_000);
  expect(peak).toBeLessThan(32_767);
  expect(samples.at(-1)).toBe(0);
});

test('a cube is a GLB whose parts fit together', async () => {
  const glb = await media('glb');
  expect([glb.toString('latin1', 0, 4), glb.readUInt32LE(4), glb.readUInt32LE(8)]).toEqual(['glTF', 2, glb.length]);
  const jsonLength = glb.readUInt32LE(12);
  expect([glb.toString('latin1', 16, 20), jsonLength % 4]).toEqual(['JSON', 0]);
  const gltf = JSON.parse(glb.toString('utf8', 20, 20 + jsonLength));
  const binaryAt = 20 + jsonLength;
  expect(glb.toString('latin1', binaryAt + 4, binaryAt + 8)).toBe('BIN\0');
  const binary = glb.subarray(binaryAt + 8);
  expect([glb.readUInt32LE(binaryAt), gltf.buffers[0].byteLength]).toEqual([binary.length, binary.length]);

  const { attributes, indices } = gltf.meshes[0].primitives[0];
  const view = (accessor: number) => gltf.bufferViews[gltf.accessors[accessor].bufferView];
  const vector = (accessor: number, index: number) =>
    [0, 4, 8].map((at) => binary.readFloatLE(view(accessor).byteOffset + index * 12 + at));
  expect(gltf.accessors[attributes.POSITION].count).toBe(24);
  const corners = Array.from({ length: 36 }, (_, at) => binary.readUInt16LE(view(indices).byteOffset + at * 2));
  expect(Math.max(...corners)).toBe(23);
  for (let triangle = 0; triangle < 36; triangle += 3) {
    const [a = [], b = [], c = []] = corners
      .slice(triangle, triangle + 3)
      .map((index) => vector(attributes.POSITION, index));
    const normal = vector(attributes.NORMAL, corners[triangle] ?? 0);
    // The winding agrees with the normal, so that no face is seen from behind.
    expect(dot(cross(minus(b, a), minus(c, a)), normal)).toBeCloseTo(1);
    expect(dot(a, normal)).toBeCloseTo(0.5);
  }
});

test('a tune as MIDI has one track that starts and ends each tone', async () => {
  const midi = await media('mid');
  expect(midi.toString('latin1', 0, 4)).toBe('MThd');
  expect([midi.readUInt32BE(4), midi.readUInt16BE(8), midi.readUInt16BE(10)]).toEqual([6, 0, 1]);
  expect(midi.toString('latin1', 14, 18)).toBe('MTrk');
  expect(midi.readUInt32BE(18)).toBe(midi.length - 22);
  expect([...midi.subarray(-4)]).toEqual([0, 0xff, 0x2f, 0]);
  const sounding = new Map<number, number>();
  let ticks = 0;
  let at = 22;
  let tones = 0;
  for (;;) {
    let wait = 0;
    while ((midi[at] ?? 0) & 0x80) wait = wait * 128 + ((midi[at++] ?? 0) & 0x7f);
    ticks += wait * 128 + (midi[at] ?? 0);
    const [status = 0, pitch = 0] = midi.subarray(at + 1, at + 3);
    if (status === 0xff) {
      if (pitch === 0x2f) break;
      at += 4 + (midi[at + 3] ?? 0);
      continue;
    }
    if (status === 0x90) tones++;
    sounding.set(pitch, (sounding.get(pitch) ?? 0) + (status === 0x90 ? 1 : -1));
    at += 4;
  }
  expect(tones).toBeGreaterThan(20);
  // 480 ticks a quarter, 120 quarters a minute.
  const ends = composeTune(`7/${prompt}`).map(({ startSeconds, seconds }) => startSeconds + seconds);
  expect(ticks / 960).toBe(Math.max(...ends));
  expect([...sounding.values()].every((count) => count === 0)).toBe(true);
});

test('what was not asked for lately is made anew, what was is kept', async () => {
  const small = createMediaCache();
  const order = (seed: number) => ({ kind: 'glb', prompt, seed: String(seed), ratio: 1 }) as const;
  const [kept, dropped] = [small.get(order(0)), small.get(order(1))];
  for (let seed = 2; seed < 70; seed++) {
    small.get(order(seed));
    small.get(order(0));
  }
  expect(small.get(order(0))).toBe(kept);
  expect(small.get(order(1))).not.toBe(dropped);
});

function pngChunks(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc(named));
    chunks.push({ type: named.toString('latin1', 0, 4), data: named.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

/** CRC-32 bit by bit, from its definition: another way than the one under test. */
function crc(bytes: Buffer): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb8_8320 : 0);
  }
  return (value ^ 0xffff_ffff) >>> 0;
}

function coloursOf(rows: Buffer, width: number, height: number): Set<number> {
  const stride = width * 3;
  const above = new Uint8Array(stride);
  const colours = new Set<number>();
  for (let row = 0; row < height; row++) {
    const at = row * (stride + 1);
    if (rows[at] !== 2) throw new Error('this reader knows rows with the filter "up" only');
    for (let index = 0; index < stride; index++) above[index] = (above[index] ?? 0) + (rows[at + 1 + index] ?? 0);
    for (let index = 0; index < stride; index += 3) {
      colours.add(((above[index] ?? 0) << 16) | ((above[index + 1] ?? 0) << 8) | (above[index + 2] ?? 0));
    }
  }
  return colours;
}

function minus(left: number[], right: number[]): number[] {
  return left.map((value, axis) => value - (right[axis] ?? 0));
}

function dot(left: number[], right: number[]): number {
  return left.reduce((sum, value, axis) => sum + value * (right[axis] ?? 0), 0);
}

function cross([a = 0, b = 0, c = 0]: number[], [x = 0, y = 0, z = 0]: number[]): number[] {
  return [b * z - c * y, c * x - a * z, a * y - b * x];
}
