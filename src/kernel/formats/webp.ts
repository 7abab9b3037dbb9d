import { checkSize, must, Refused, type Still } from './still.ts';

const ANIMATED = 0x02;
const WITH_ALPHA = 0x10;

/**
 * Find the size of a WebP (RFC 9649), and in an animated one the first frame, which is rewritten as a file of its
 * own: decoders differ in what they paint behind a frame smaller than the canvas.
 */
export function readWebp(data: Buffer): Still {
  const end = 8 + data.readUInt32LE(4);
  must(end <= data.length);
  const kind = data.toString('latin1', 12, 16);
  if (kind === 'VP8X') {
    const width = 1 + data.readUIntLE(24, 3);
    const height = 1 + data.readUIntLE(27, 3);
    checkSize(width, height);
    if (data.readUInt8(20) & ANIMATED) return firstFrame(data, end, width, height);
    return whole(data, end, width, height);
  }
  if (kind === 'VP8 ') {
    return whole(data, end, data.readUInt16LE(26) & 0x3fff, data.readUInt16LE(28) & 0x3fff);
  }
  must(kind === 'VP8L');
  const bits = data.readUInt32LE(21);
  return whole(data, end, 1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
}

function whole(data: Buffer, end: number, width: number, height: number): Still {
  checkSize(width, height);
  const frame = { frameWidth: width, frameHeight: height, frameLeft: 0, frameTop: 0 };
  return { width, height, ...frame, grey: false, streamed: false, pieces: [data.subarray(0, end)] };
}

function firstFrame(data: Buffer, end: number, width: number, height: number): Still {
  for (const { kind, at, next } of chunks(data, 12, end)) {
    if (kind !== 'ANMF') continue;
    const frameWidth = 1 + data.readUIntLE(at + 14, 3);
    const frameHeight = 1 + data.readUIntLE(at + 17, 3);
    const frameLeft = 2 * data.readUIntLE(at + 8, 3);
    const frameTop = 2 * data.readUIntLE(at + 11, 3);
    must(frameLeft + frameWidth <= width);
    must(frameTop + frameHeight <= height);
    const frame = { frameWidth, frameHeight, frameLeft, frameTop };
    const parts: Buffer[] = [];
    for (const part of chunks(data, at + 24, next)) {
      if (part.kind === 'ALPH') parts.push(extendedHeader(data, at), data.subarray(part.at, part.next));
      if (part.kind === 'VP8 ' || part.kind === 'VP8L') {
        parts.push(data.subarray(part.at, part.next));
        const pieces = [riffHeader(parts), ...parts];
        return { width, height, ...frame, grey: false, streamed: false, pieces };
      }
    }
    break;
  }
  throw new Refused('DECODE_FAILED');
}

function riffHeader(parts: readonly Buffer[]): Buffer {
  const header = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  header.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 4),
    4,
  );
  return header;
}

/** The header that a frame with a separate alpha plane needs; the size has the form it has in the frame at `at`. */
function extendedHeader(data: Buffer, at: number): Buffer {
  const start = Buffer.from('VP8X\x0a\0\0\0\0\0\0\0', 'latin1');
  start.writeUInt8(WITH_ALPHA, 8);
  return Buffer.concat([start, data.subarray(at + 14, at + 20)]);
}

function* chunks(
  data: Buffer,
  from: number,
  end: number,
): Generator<{ kind: string; at: number; next: number }> {
  for (let at = from; at + 8 <= end; ) {
    const length = data.readUInt32LE(at + 4);
    const next = at + 8 + length + (length & 1);
    must(next <= end);
    yield { kind: data.toString('latin1', at, at + 4), at, next };
    at = next;
  }
}
