import { numbersFrom } from '../faults/draw.js';
import { type Colour, paletteFor } from './colour.js';

const GLB_MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;
const FLOAT = 5126;
const UNSIGNED_SHORT = 5123;
const ARRAY_BUFFER = 34_962;
const ELEMENT_ARRAY_BUFFER = 34_963;

type Vector = readonly [number, number, number];

/** Each face: its normal and two directions that span it, counter-clockwise from outside. */
const faces: readonly (readonly [normal: Vector, right: Vector, up: Vector])[] = [
  [
    [1, 0, 0],
    [0, 0, -1],
    [0, 1, 0],
  ],
  [
    [-1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
  ],
  [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, -1],
  ],
  [
    [0, -1, 0],
    [1, 0, 0],
    [0, 0, 1],
  ],
  [
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
  ],
  [
    [0, 0, -1],
    [-1, 0, 0],
    [0, 1, 0],
  ],
];
const corners: readonly (readonly [right: number, up: number])[] = [
  [-0.5, -0.5],
  [0.5, -0.5],
  [0.5, 0.5],
  [-0.5, 0.5],
];

/** A cube with a colour of the prompt's palette on each face, as binary glTF 2.0. */
export function buildGlb(prompt: string, seed: string): Buffer {
  const { mid, accent, light, deep } = paletteFor(prompt, numbersFrom(`${seed}/${prompt}`));
  const faceColours: readonly Colour[] = [mid, accent, light, deep, accent, mid];

  const positions: number[] = [];
  const normals: number[] = [];
  const colours: number[] = [];
  const indices: number[] = [];
  faces.forEach(([normal, right, up], face) => {
    const first = face * corners.length;
    for (const [alongRight, alongUp] of corners) {
      for (const axis of [0, 1, 2] as const) {
        positions.push(normal[axis] / 2 + right[axis] * alongRight + up[axis] * alongUp);
      }
      normals.push(...normal);
      colours.push(...linear(faceColours[face] ?? mid));
    }
    indices.push(first, first + 1, first + 2, first, first + 2, first + 3);
  });

  const parts = [floats(positions), floats(normals), floats(colours), shorts(indices)];
  const vertices = faces.length * corners.length;
  let offset = 0;
  const bufferViews = parts.map((part, index) => {
    const view = {
      buffer: 0,
      byteOffset: offset,
      byteLength: part.length,
      target: index < 3 ? ARRAY_BUFFER : ELEMENT_ARRAY_BUFFER,
    };
    offset += part.length;
    return view;
  });
  const vectors = (bufferView: number) => ({ bufferView, componentType: FLOAT, count: vertices, type: 'VEC3' });
  const json = {
    asset: { version: '2.0', generator: 'tasklatch-emulator' },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0, name: 'cube' }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, NORMAL: 1, COLOR_0: 2 }, indices: 3, material: 0 }] }],
    materials: [{ pbrMetallicRoughness: { metallicFactor: 0.1, roughnessFactor: 0.6 } }],
    buffers: [{ byteLength: offset }],
    bufferViews,
    accessors: [
      { ...vectors(0), min: [-0.5, -0.5, -0.5], max: [0.5, 0.5, 0.5] },
      vectors(1),
      vectors(2),
      { bufferView: 3, componentType: UNSIGNED_SHORT, count: indices.length, type: 'SCALAR' },
    ],
  };
  const text = JSON.stringify(json);
  const jsonChunk = chunk(JSON_CHUNK, Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4)));
  const binaryChunk = chunk(BINARY_CHUNK, Buffer.concat(parts));
  const header = words(GLB_MAGIC, 2, 12 + jsonChunk.length + binaryChunk.length);
  return Buffer.concat([header, jsonChunk, binaryChunk]);
}

/** `data` must fill whole words, as all parts here do. */
function chunk(type: number, data: Buffer): Buffer {
  return Buffer.concat([words(data.length, type), data]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, index * 4);
  });
  return bytes;
}

function floats(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeFloatLE(value, index * 4);
  });
  return bytes;
}

function shorts(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    bytes.writeUInt16LE(value, index * 2);
  });
  return bytes;
}

/** glTF keeps vertex colours linear. */
function linear(colour: Colour): number[] {
  return [16, 8, 0].map((shift) => ((colour >> shift) & 255) / 255).map((channel) => channel ** 2.2);
}
