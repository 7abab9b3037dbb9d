import { checkSize, must, type Still } from './still.ts';
import {
  type Directory,
  findWholeImage,
  LONG,
  readDirectory,
  SHORT,
  writeDirectory,
} from './tiff-directory.ts';

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

/** Integers of no sign, and data that is not further defined, which TIFF 6.0 (page 80) says to read as those. */
const UNSIGNED_FORMATS = [1, 4];

/**
 * Read the directory of the first whole image of a TIFF, refuse what decoders treat differently, and put a new directory
 * of the tags that decide the pixels in the place of all others: orientation, further pages and damage elsewhere are then
 * no question.
 */
export function readTiff(data: Buffer): Still {
  const little = data.readUInt8(0) === 0x49;
  const tags = readDirectory(data, little, findWholeImage(data, little), WANTED);
  const width = one(tags, TAG.width);
  const height = one(tags, TAG.height);
  const samples = one(tags, TAG.samples, 1);
  const bits = tags.get(TAG.bits) ?? [1];
  const depth = bits[0] ?? 1;
  const photometric = one(tags, TAG.photometric);
  must([WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE].includes(photometric), 'UNSUPPORTED_COLOUR');
  must([1, 2, 4, 8, 16].includes(depth) && bits.every((each) => each === depth), 'UNSUPPORTED_COLOUR');
  must(
    (tags.get(TAG.sampleFormat) ?? [1]).every((each) => UNSIGNED_FORMATS.includes(each)),
    'UNSUPPORTED_COLOUR',
  );
  checkSize(width, height);

  const colours = photometric === RGB ? 3 : 1;
  const extra = tags.get(TAG.extraSamples) ?? [];
  must(samples >= colours && extra.length <= samples - colours);
  must(samples <= colours + 1 && (extra[0] ?? 0) <= UNASSOCIATED_ALPHA, 'UNSUPPORTED_VARIANT');
  const hasExtra = samples > colours;
  must(hasKnownDepth(photometric, depth, hasExtra), 'UNSUPPORTED_VARIANT');
  const colourMap = tags.get(TAG.colourMap) ?? [];
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
  // Before TIFF 6.0 the lengths could be left out.
  must(counts.length === offsets.length || (counts.length === 0 && compression === UNCOMPRESSED));
  const rowBytes = Math.ceil((width * samples * depth) / 8);
  const lengths = offsets.map((offset, strip) => {
    const needed = rowBytes * Math.min(rowsPerStrip, height - strip * rowsPerStrip);
    const count = counts[strip] ?? needed;
    must(count > 0 && offset + count <= data.length);
    must(compression !== UNCOMPRESSED || count >= needed);
    // Some writers fill the last strip up, and decoders differ in what they do with what is too much.
    return compression === UNCOMPRESSED ? needed : count;
  });

  // Pixels that are expanded, their alpha taken away in a copy; and a strip, which is read whole.
  const expanded = depth === 16 ? 26 : hasExtra ? 9 : 5;
  const perPixel = expanded + Math.ceil((rowsPerStrip * rowBytes) / (width * height));
  const directory = writeDirectory(data.length, little, [
    [TAG.width, LONG, [width]],
    [TAG.height, LONG, [height]],
    [TAG.bits, SHORT, Array(samples).fill(depth)],
    [TAG.compression, SHORT, [compression]],
    [TAG.photometric, SHORT, [photometric]],
    [TAG.stripOffsets, LONG, offsets],
    [TAG.samples, SHORT, [samples]],
    [TAG.rowsPerStrip, LONG, [rowsPerStrip]],
    [TAG.stripByteCounts, LONG, lengths],
    [TAG.predictor, SHORT, predictor === 1 ? [] : [predictor]],
    [TAG.colourMap, SHORT, photometric === PALETTE ? colourMap : []],
    // Whatever it is, decoders then hand it over as it is stored.
    [TAG.extraSamples, SHORT, hasExtra ? [UNASSOCIATED_ALPHA] : []],
  ]);
  const header = Buffer.from(data.subarray(0, 8));
  if (little) header.writeUInt32LE(data.length, 4);
  else header.writeUInt32BE(data.length, 4);
  const pieces = [header, data.subarray(8), directory];
  const frame = { frameWidth: width, frameHeight: height, frameLeft: 0, frameTop: 0 };
  // Colours with associated alpha are over black already. What the file does not call alpha is none.
  const dropAlpha = hasExtra && extra[0] !== UNASSOCIATED_ALPHA;
  const deep = depth === 16 && ({ deep: photometric === RGB ? 'rgb16' : 'grey16' } as const);
  return { width, height, ...frame, grey: false, ...deep, streamed: false, perPixel, dropAlpha, pieces };
}

/** The combinations that every decoder reads in the same way. */
function hasKnownDepth(photometric: number, depth: number, hasExtra: boolean): boolean {
  if (photometric === RGB) return depth >= 8;
  if (hasExtra) return photometric === BLACK_IS_ZERO && depth === 8;
  return photometric === BLACK_IS_ZERO || depth <= 8;
}

function one(tags: Directory, tag: number, otherwise?: number): number {
  const value = tags.get(tag)?.[0] ?? otherwise;
  must(value !== undefined);
  return value;
}
