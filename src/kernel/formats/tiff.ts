import { checkSize, MAX_SIDE, must, type Still } from './still.ts';

/** Tags of TIFF 6.0 that decide how pixels are read. */
const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  extraSamples: 338,
  sampleFormat: 339,
} as const;
const WANTED = new Set<number>(Object.values(TAG));

const WHITE_IS_ZERO = 0;
const BLACK_IS_ZERO = 1;
const RGB = 2;
const PALETTE = 3;
const UNASSOCIATED_ALPHA = 2;

const UNCOMPRESSED = 1;
const PACK_BITS = 32_773;
/** LZW, and deflate under both of its numbers: these may have a predictor. */
const DICTIONARY = [5, 8, 32_946];

const SHORT = 3;
const LONG = 4;

type Directory = ReadonlyMap<number, readonly number[]>;

/**
 * Read the first directory of a TIFF, refuse what decoders treat differently, and put a new directory of the tags
 * that decide the pixels in its place: orientation, further pages and damage elsewhere are then no question.
 */
export function readTiff(data: Buffer): Still {
  const little = data.readUInt8(0) === 0x49;
  const tags = readDirectory(data, little);
  const width = one(tags, TAG.width);
  const height = one(tags, TAG.height);
  const samples = one(tags, TAG.samples, 1);
  const bits = tags.get(TAG.bits) ?? [1];
  const depth = bits[0] ?? 1;
  const photometric = one(tags, TAG.photometric);
  must([WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE].includes(photometric), 'UNSUPPORTED_COLOUR');
  must([1, 2, 4, 8, 16].includes(depth) && bits.every((each) => each === depth), 'UNSUPPORTED_COLOUR');
  must(
    (tags.get(TAG.sampleFormat) ?? [1]).every((each) => each === 1),
    'UNSUPPORTED_COLOUR',
  );
  checkSize(width, height);

  const extra = tags.get(TAG.extraSamples) ?? [];
  const colourMap = tags.get(TAG.colourMap) ?? [];
  must(samples === (photometric === RGB ? 3 : 1) + extra.length, 'UNSUPPORTED_VARIANT');
  must(extra.length === 0 || (extra.length === 1 && extra[0] === UNASSOCIATED_ALPHA), 'UNSUPPORTED_VARIANT');
  must(hasKnownDepth(photometric, depth, extra.length > 0), 'UNSUPPORTED_VARIANT');
  must(photometric !== PALETTE || colourMap.length === 3 << depth, 'UNSUPPORTED_VARIANT');
  // Some writers put 8-bit values into the 16-bit map, and some readers guess that.
  must(photometric !== PALETTE || colourMap.some((value) => value > 255), 'UNSUPPORTED_VARIANT');

  const compression = one(tags, TAG.compression, UNCOMPRESSED);
  const predictor = one(tags, TAG.predictor, 1);
  const dictionary = DICTIONARY.includes(compression);
  must(dictionary || compression === UNCOMPRESSED || compression === PACK_BITS, 'UNSUPPORTED_VARIANT');
  must(predictor === 1 || (predictor === 2 && dictionary && depth >= 8), 'UNSUPPORTED_VARIANT');
  must(one(tags, TAG.fillOrder, 1) === 1 && !tags.has(TAG.tileWidth), 'UNSUPPORTED_VARIANT');
  must(samples === 1 || one(tags, TAG.planar, 1) === 1, 'UNSUPPORTED_VARIANT');

  const rowsPerStrip = Math.min(one(tags, TAG.rowsPerStrip, height), height);
  const offsets = tags.get(TAG.stripOffsets) ?? [];
  const counts = tags.get(TAG.stripByteCounts) ?? [];
  must(rowsPerStrip > 0 && offsets.length === Math.ceil(height / rowsPerStrip));
  must(counts.length === offsets.length);
  const rowBytes = Math.ceil((width * samples * depth) / 8);
  offsets.forEach((offset, strip) => {
    const count = counts[strip] ?? 0;
    must(count > 0 && offset + count <= data.length);
    const rows = Math.min(rowsPerStrip, height - strip * rowsPerStrip);
    must(compression !== UNCOMPRESSED || count === rows * rowBytes);
  });

  const directory = writeDirectory(data.length, little, [
    [TAG.width, LONG, [width]],
    [TAG.height, LONG, [height]],
    [TAG.bits, SHORT, Array(samples).fill(depth)],
    [TAG.compression, SHORT, [compression]],
    [TAG.photometric, SHORT, [photometric]],
    [TAG.stripOffsets, LONG, offsets],
    [TAG.samples, SHORT, [samples]],
    [TAG.rowsPerStrip, LONG, [rowsPerStrip]],
    [TAG.stripByteCounts, LONG, counts],
    [TAG.predictor, SHORT, predictor === 1 ? [] : [predictor]],
    [TAG.colourMap, SHORT, photometric === PALETTE ? colourMap : []],
    [TAG.extraSamples, SHORT, extra],
  ]);
  const header = Buffer.from(data.subarray(0, 8));
  if (little) header.writeUInt32LE(data.length, 4);
  else header.writeUInt32BE(data.length, 4);
  const pieces = [header, data.subarray(8), directory];
  const frame = { frameWidth: width, frameHeight: height, frameLeft: 0, frameTop: 0 };
  return { width, height, ...frame, grey: false, streamed: false, pieces };
}

/** The combinations that every decoder reads in the same way. */
function hasKnownDepth(photometric: number, depth: number, alpha: boolean): boolean {
  if (photometric === RGB) return depth >= 8;
  if (alpha) return photometric === BLACK_IS_ZERO && depth === 8;
  return photometric === BLACK_IS_ZERO || depth <= 8;
}

function one(tags: Directory, tag: number, otherwise?: number): number {
  const value = tags.get(tag)?.[0] ?? otherwise;
  must(value !== undefined);
  return value;
}

/** The tags wanted of the first directory, whose values must be 8-, 16- or 32-bit integers. */
function readDirectory(data: Buffer, little: boolean): Directory {
  const u16 = (at: number) => (little ? data.readUInt16LE(at) : data.readUInt16BE(at));
  const u32 = (at: number) => (little ? data.readUInt32LE(at) : data.readUInt32BE(at));
  // 43 is BigTIFF, for files over 4 GiB.
  must(u16(2) === 42, 'UNSUPPORTED_VARIANT');
  const start = u32(4);
  const tags = new Map<number, number[]>();
  const entries = u16(start);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = start + 2 + 12 * entry;
    const tag = u16(at);
    if (!WANTED.has(tag)) continue;
    const read = { 1: (place: number) => data.readUInt8(place), [SHORT]: u16, [LONG]: u32 }[u16(at + 2)];
    const bytes = { 1: 1, [SHORT]: 2, [LONG]: 4 }[u16(at + 2)];
    const count = u32(at + 4);
    // No tag has more than the offset of a strip for each row.
    must(read !== undefined && bytes !== undefined && count > 0 && count <= MAX_SIDE && !tags.has(tag));
    const from = bytes * count <= 4 ? at + 8 : u32(at + 8);
    must(from + bytes * count <= data.length);
    tags.set(
      tag,
      Array.from({ length: count }, (_, index) => read(from + bytes * index)),
    );
  }
  return tags;
}

/** A directory that lies at `offset`, its values behind it; tags without values are left out. */
function writeDirectory(
  offset: number,
  little: boolean,
  all: readonly (readonly [tag: number, type: number, values: readonly number[]])[],
): Buffer {
  const entries = all.filter(([, , values]) => values.length > 0);
  const size = 2 + 12 * entries.length + 4;
  const bytes = entries.map(([, type, values]) => (type === SHORT ? 2 : 4) * values.length);
  const directory = Buffer.alloc(bytes.reduce((sum, length) => sum + (length > 4 ? length : 0), size));
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  view.setUint16(0, entries.length, little);
  let behind = size;
  entries.forEach(([tag, type, values], entry) => {
    const at = 2 + 12 * entry;
    const length = bytes[entry] ?? 0;
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, values.length, little);
    let place = at + 8;
    if (length > 4) {
      view.setUint32(place, offset + behind, little);
      place = behind;
      behind += length;
    }
    for (const value of values) {
      if (type === SHORT) view.setUint16(place, value, little);
      else view.setUint32(place, value, little);
      place += type === SHORT ? 2 : 4;
    }
  });
  return directory;
}
