import { profile } from './h264.js';

export interface Film {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Parameter sets and slices as H.264 units without start codes; the first frame is the only key frame. */
  readonly sequenceParameters: Buffer;
  readonly pictureParameters: Buffer;
  readonly frames: readonly Buffer[];
}

const MATRIX = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/** Units of time in a second, for the film and its track. */
const TIMESCALE = 1000;
const UNDETERMINED_LANGUAGE = 0x55c4;

/** An MP4 with one video track, its index before its data. */
export function encodeMp4(film: Film): Buffer {
  const samples = film.frames.map((frame) => Buffer.concat([u32(frame.length), frame]));
  const fileType = box('ftyp', ascii('isom'), u32(0x200), ascii('isomiso2avc1mp41'));
  // The index tells where the data starts, and its own size does not depend on that.
  const indexLength = movie(film, samples, 0).length;
  const index = movie(film, samples, fileType.length + indexLength + 8);
  return Buffer.concat([fileType, index, box('mdat', ...samples)]);
}

function movie(film: Film, samples: readonly Buffer[], dataOffset: number): Buffer {
  const frameTicks = Math.round(TIMESCALE / film.framesPerSecond);
  const duration = frameTicks * samples.length;
  const { width, height } = film;
  const header = full(
    'mvhd',
    0,
    u32(0, 0, TIMESCALE, duration, 0x1_0000),
    u16(0x100, 0),
    u32(0, 0),
    u32(...MATRIX),
    u32(0, 0, 0, 0, 0, 0, 2),
  );
  const enabledInMovie = 3;
  const trackHeader = full(
    'tkhd',
    enabledInMovie,
    u32(0, 0, 1, 0, duration, 0, 0),
    u16(0, 0, 0, 0),
    u32(...MATRIX, width << 16, height << 16),
  );
  const mediaHeader = full('mdhd', 0, u32(0, 0, TIMESCALE, duration), u16(UNDETERMINED_LANGUAGE, 0));
  const handler = full('hdlr', 0, u32(0), ascii('vide'), u32(0, 0, 0), ascii('video\0'));
  const selfContained = box('dinf', full('dref', 0, u32(1), full('url ', 1)));
  const table = box(
    'stbl',
    full('stsd', 0, u32(1), sampleEntry(film)),
    full('stts', 0, u32(1, samples.length, frameTicks)),
    full('stss', 0, u32(1, 1)),
    full('stsc', 0, u32(1, 1, samples.length, 1)),
    full('stsz', 0, u32(0, samples.length, ...samples.map((sample) => sample.length))),
    full('stco', 0, u32(1, dataOffset)),
  );
  const information = box('minf', full('vmhd', 1, u16(0, 0, 0, 0)), selfContained, table);
  return box('moov', header, box('trak', trackHeader, box('mdia', mediaHeader, handler, information)));
}

function sampleEntry({ width, height, sequenceParameters, pictureParameters }: Film): Buffer {
  const dpi72 = 0x48_0000;
  const configuration = box(
    'avcC',
    Buffer.from([1, profile.idc, profile.constraints, profile.level, 0xff, 0xe1]),
    u16(sequenceParameters.length),
    sequenceParameters,
    Buffer.from([1]),
    u16(pictureParameters.length),
    pictureParameters,
  );
  return box(
    'avc1',
    u16(0, 0, 0, 1, 0, 0),
    u32(0, 0, 0),
    u16(width, height),
    u32(dpi72, dpi72, 0),
    u16(1),
    Buffer.alloc(32),
    u16(24, 0xffff),
    configuration,
  );
}

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), ascii(type), body]);
}

/** A box with version 0 and flags. */
function full(type: string, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(flags), ...content);
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4);
  });
  return bytes;
}

function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    bytes.writeUInt16BE(value, index * 2);
  });
  return bytes;
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
