import { checkSize, must, type Still } from './still.ts';

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
/** libvips holds the frame twice as RGBA. */
const GIF_BYTES = 9;
const TABLE_BYTES = 3 * 256;

/**
 * Find the first frame of a GIF (GIF89a) and rewrite it as a file of its own, as large as the frame, whose colour
 * table has 256 entries: what a decoder does outside the frame or the table is then no question.
 */
export function readGif(data: Buffer): Still {
  let table = colourTable(data, data.readUInt8(10), 13);
  let at = 13 + (table?.length ?? 0);
  let transparent: number | undefined;
  while (data.readUInt8(at) !== IMAGE) {
    must(data.readUInt8(at) === EXTENSION);
    if (data.readUInt8(at + 1) === GRAPHIC_CONTROL) {
      must(data.readUInt8(at + 2) === 4);
      transparent = data.readUInt8(at + 3) & 1 ? data.readUInt8(at + 6) : undefined;
    }
    at = skipBlocks(data, at + 2);
  }
  const left = data.readUInt16LE(at + 1);
  const top = data.readUInt16LE(at + 3);
  const frameWidth = data.readUInt16LE(at + 5);
  const frameHeight = data.readUInt16LE(at + 7);
  const flags = data.readUInt8(at + 9);
  must(frameWidth > 0 && frameHeight > 0);
  const width = Math.max(data.readUInt16LE(6), left + frameWidth);
  const height = Math.max(data.readUInt16LE(8), top + frameHeight);
  checkSize(width, height);
  const local = colourTable(data, flags, at + 10);
  table = local ?? table;
  must(table !== undefined, 'UNSUPPORTED_VARIANT');
  const codes = at + 10 + (local?.length ?? 0);
  const codeSize = data.readUInt8(codes);
  must(codeSize >= 2 && codeSize <= 8);
  const end = skipBlocks(data, codes + 1);
  const lzw = data.subarray(codes, end);

  const size = data.subarray(at + 5, at + 9);
  const control = [
    EXTENSION,
    GRAPHIC_CONTROL,
    4,
    transparent === undefined ? 0 : 1,
    0,
    0,
    transparent ?? 0,
    0,
  ];
  const pieces = [
    Buffer.from('GIF89a', 'latin1'),
    size,
    Buffer.of(0xf7, 0, 0),
    table,
    Buffer.alloc(TABLE_BYTES - table.length),
    Buffer.of(...control, IMAGE, 0, 0, 0, 0),
    size,
    Buffer.of(flags & 0x40),
    lzw,
    Buffer.of(0x3b),
  ];
  const frame = { frameWidth, frameHeight, frameLeft: left, frameTop: top };
  return { width, height, ...frame, grey: false, streamed: false, perPixel: GIF_BYTES, lzw, pieces };
}

function colourTable(data: Buffer, flags: number, at: number): Buffer | undefined {
  if ((flags & 0x80) === 0) return undefined;
  const end = at + (6 << (flags & 7));
  must(end <= data.length);
  return data.subarray(at, end);
}

/** Blocks are a length byte and so many bytes; a length of 0 ends them. */
function skipBlocks(data: Buffer, from: number): number {
  let at = from;
  for (let length = data.readUInt8(at); length > 0; length = data.readUInt8(at)) at += 1 + length;
  return at + 1;
}
