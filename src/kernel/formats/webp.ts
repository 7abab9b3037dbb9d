import { checkSize, must, Refused, type Still } from './still.ts';

/** libwebp's decoder of animations, which Pillow uses, holds two canvases and gives a copy; all are RGBA. */
const WEBP_BYTES = 18;
const WITH_ALPHA = 0x10;

type Chunk = { readonly kind: string; readonly at: number; readonly next: number };
type Size = { readonly width: number; readonly height: number };

/**
 * Find the first picture of a WebP (RFC 9649), alone or in a frame, and rewrite it as a file of its own.
 *
 * The chunks of the picture say whether it has alpha and whether it is one of many. What the header of the file says
 * of that may be wrong, and decoders differ in which of both they believe. They also differ in what they paint behind
 * a frame smaller than the canvas.
 */
export function readWebp(data: Buffer): Still {
  const end = 8 + data.readUInt32LE(4);
  must(end <= data.length);
  const canvas = canvasSize(data);
  if (canvas !== undefined) checkSize(canvas.width, canvas.height);
  const { alpha, image } = firstPicture(data, 12, end);
  if (image.kind === 'ANMF') {
    must(canvas !== undefined);
    return firstFrame(data, image, canvas);
  }
  const size = pictureSize(data, image);
  checkSize(size.width, size.height);
  must(canvas === undefined || isSame(size, canvas));
  return {
    ...size,
    ...{ frameWidth: size.width, frameHeight: size.height, frameLeft: 0, frameTop: 0 },
    ...{ grey: false, streamed: false, perPixel: WEBP_BYTES, pieces: stillFile(data, size, alpha, image) },
  };
}

function firstFrame(data: Buffer, { at, next }: Chunk, canvas: Size): Still {
  const [frameWidth, frameHeight] = [1 + data.readUIntLE(at + 14, 3), 1 + data.readUIntLE(at + 17, 3)];
  const [frameLeft, frameTop] = [2 * data.readUIntLE(at + 8, 3), 2 * data.readUIntLE(at + 11, 3)];
  must(frameLeft + frameWidth <= canvas.width);
  must(frameTop + frameHeight <= canvas.height);
  const { alpha, image } = firstPicture(data, at + 24, next);
  const size = { width: frameWidth, height: frameHeight };
  must(image.kind !== 'ANMF' && isSame(size, pictureSize(data, image)));
  return {
    ...canvas,
    ...{ frameWidth, frameHeight, frameLeft, frameTop },
    ...{ grey: false, streamed: false, perPixel: WEBP_BYTES, pieces: stillFile(data, size, alpha, image) },
  };
}

/** The size in the extended header, where there is one. */
function canvasSize(data: Buffer): Size | undefined {
  if (data.toString('latin1', 12, 16) !== 'VP8X') return undefined;
  must(data.readUInt32LE(16) >= 10);
  return { width: 1 + data.readUIntLE(24, 3), height: 1 + data.readUIntLE(27, 3) };
}

/** The first chunk with a picture, or with a frame that has one, and the alpha plane before it. */
function firstPicture(data: Buffer, from: number, end: number): { alpha?: Chunk; image: Chunk } {
  let alpha: Chunk | undefined;
  for (const chunk of chunks(data, from, end)) {
    if (chunk.kind === 'ALPH') alpha ??= chunk;
    if (chunk.kind === 'VP8 ' && alpha !== undefined) return { alpha, image: chunk };
    // A lossless picture has its alpha in itself.
    if (chunk.kind === 'VP8 ' || chunk.kind === 'VP8L' || chunk.kind === 'ANMF') return { image: chunk };
  }
  throw new Refused('DECODE_FAILED');
}

function pictureSize(data: Buffer, { kind, at, next }: Chunk): Size {
  if (kind === 'VP8 ') {
    must(next >= at + 18);
    return { width: data.readUInt16LE(at + 14) & 0x3fff, height: data.readUInt16LE(at + 16) & 0x3fff };
  }
  must(next >= at + 13);
  const bits = data.readUInt32LE(at + 9);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

/** The picture alone; only one with a separate alpha plane needs an extended header. */
function stillFile(data: Buffer, size: Size, alpha: Chunk | undefined, image: Chunk): readonly Buffer[] {
  const parts =
    alpha === undefined ? [] : [extendedHeader(size), data.subarray(alpha.at, alpha.next), padding(alpha)];
  parts.push(data.subarray(image.at, image.next), padding(image));
  const header = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  header.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 4),
    4,
  );
  return [header, ...parts.filter((part) => part.length > 0)];
}

function extendedHeader({ width, height }: Size): Buffer {
  const header = Buffer.from('VP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
  header.writeUInt8(WITH_ALPHA, 8);
  header.writeUIntLE(width - 1, 12, 3);
  header.writeUIntLE(height - 1, 15, 3);
  return header;
}

/** Chunks have an even length. Some writers leave the last byte of the file out where it only pads. */
function padding({ at, next }: Chunk): Buffer {
  return Buffer.alloc((next - at) % 2);
}

function* chunks(data: Buffer, from: number, end: number): Generator<Chunk> {
  for (let at = from; at + 8 <= end; ) {
    const length = data.readUInt32LE(at + 4);
    must(at + 8 + length <= end);
    const next = Math.min(at + 8 + length + (length % 2), end);
    yield { kind: data.toString('latin1', at, at + 4), at, next };
    at = next;
  }
}
