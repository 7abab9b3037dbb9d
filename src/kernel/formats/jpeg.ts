import { Pieces } from './pieces.ts';
import { checkSize, must, Refused, type Still } from './still.ts';

const SOF0 = 0xc0;
const SOF2 = 0xc2;
const DHT = 0xc4;
const DAC = 0xcc;
const RST0 = 0xd0;
const RST7 = 0xd7;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DNL = 0xdc;
const DRI = 0xdd;
const DHP = 0xde;
const EXP = 0xdf;
const APP0 = 0xe0;
const APP14 = 0xee;
const APP15 = 0xef;
const SOF55 = 0xf7;
const COM = 0xfe;

/** Segments of arithmetic coding, of hierarchical files and of JPEG-LS (ITU-T T.87), which may come before the frame. */
const OF_VARIANTS = [DAC, DHP, EXP, SOF55];

/** libjpeg's JPEG_MAX_DIMENSION; the format has 65,535. */
const MAX_JPEG_SIDE = 65_500;

/** Progressive files have about ten scans. Thousands are made to keep a decoder busy. */
const MAX_SCANS = 100;

/**
 * Walk the markers of a JPEG (ITU-T T.81, annex B) from start to end of image.
 *
 * The chain must be whole: decoders differ in what they make of a broken one. Damage inside the entropy-coded data
 * that leaves the chain whole is not found here; libjpeg conceals it in the same way in every engine.
 */
export function readJpeg(data: Buffer): Still {
  const pieces = new Pieces(data);
  let at = 2;
  let frame: Frame | undefined;
  let scans = 0;
  let complete = false;
  for (;;) {
    must(data.readUInt8(at) === 0xff);
    while (data.readUInt8(at + 1) === 0xff) at += 1;
    const marker = data.readUInt8(at + 1);
    if (marker === EOI) break;
    const next = at + 2 + data.readUInt16BE(at + 2);
    must(next >= at + 4 && next <= data.length);
    if (isFrame(marker)) {
      must(frame === undefined);
      frame = readFrame(data, at, next, marker);
    } else if (isMetadata(marker)) {
      if (!decidesColour(data, at, next, marker)) pieces.cut(at, next);
    } else if (marker === DNL) {
      must(frame !== undefined && scans > 0 && next === at + 6);
      const lines = data.readUInt16BE(at + 4);
      must(lines > 0);
      // It may set the height or change it (B.2.5), but libjpeg passes over it. It mostly repeats what is known.
      must(lines === frame.height, 'UNSUPPORTED_VARIANT');
      pieces.cut(at, next);
    } else {
      must(complete || !OF_VARIANTS.includes(marker), 'UNSUPPORTED_VARIANT');
      must(!complete && (marker === SOS || marker === DHT || marker === DQT || marker === DRI));
    }
    at = next;
    if (marker === SOS) {
      must(frame !== undefined);
      scans += 1;
      must(scans <= MAX_SCANS, 'UNSUPPORTED_VARIANT');
      // One sequential scan with all components is the whole image.
      complete = !frame.progressive && data.readUInt8(next - 4 - 2 * frame.components) === frame.components;
      at = skipEntropyCoded(data, next);
    }
  }
  must(frame !== undefined && frame.height > 0 && scans > 0);
  const { width, height } = frame;
  return {
    width,
    height,
    frameWidth: width,
    frameHeight: height,
    frameLeft: 0,
    frameTop: 0,
    grey: frame.components === 1,
    streamed: complete,
    perPixel: bytesPerPixel(frame, complete),
    pieces: pieces.upTo(at + 2),
  };
}

type Frame = { width: number; height: number; components: number; progressive: boolean };

function readFrame(data: Buffer, at: number, next: number, marker: number): Frame {
  must(marker <= SOF2, 'UNSUPPORTED_VARIANT');
  must(data.readUInt8(at + 4) === 8, 'UNSUPPORTED_VARIANT');
  const height = data.readUInt16BE(at + 5);
  const width = data.readUInt16BE(at + 7);
  const components = data.readUInt8(at + 9);
  must(components === 1 || components === 3, 'UNSUPPORTED_COLOUR');
  // A height of 0 is to come in a segment behind the first scan.
  checkSize(width, height || 1);
  must(Math.max(width, height) <= MAX_JPEG_SIDE, 'UNSUPPORTED_VARIANT');
  must(next === at + 10 + 3 * components);
  const factors = Array.from({ length: components }, (_, number) => data.readUInt8(at + 11 + 3 * number));
  for (const side of [factors.map((both) => both >> 4), factors.map((both) => both & 15)]) {
    must(side.every((factor) => factor >= 1 && factor <= 4));
    // libjpeg only upsamples by whole numbers.
    const most = Math.max(...side);
    must(
      side.every((factor) => most % factor === 0),
      'UNSUPPORTED_VARIANT',
    );
  }
  return { width, height, components, progressive: marker === SOF2 };
}

/** Pillow's pixels, of which RGB has 4 bytes; and two bytes for each coefficient where scans refine them. */
function bytesPerPixel({ components }: Frame, streamed: boolean): number {
  return (components === 1 ? 2 : 5) + (streamed ? 0 : 2 * components);
}

function isFrame(marker: number): boolean {
  return marker >= SOF0 && marker <= 0xcf && marker !== DHT && marker !== 0xc8 && marker !== DAC;
}

function isMetadata(marker: number): boolean {
  return (marker >= APP0 && marker <= APP15) || marker === COM;
}

/** libjpeg guesses the colour space from a JFIF and an Adobe segment; both have a least length. */
function decidesColour(data: Buffer, at: number, next: number, marker: number): boolean {
  if (marker === APP0) return next - at >= 18 && data.toString('latin1', at + 4, at + 9) === 'JFIF\0';
  return marker === APP14 && next - at >= 16 && data.toString('latin1', at + 4, at + 9) === 'Adobe';
}

/** The position of the next marker that is neither a stuffed byte nor a restart. */
function skipEntropyCoded(data: Buffer, from: number): number {
  for (let at = data.indexOf(0xff, from); at >= 0 && at + 1 < data.length; at = data.indexOf(0xff, at + 1)) {
    const byte = data[at + 1] ?? 0;
    if (byte !== 0 && byte !== 0xff && !(byte >= RST0 && byte <= RST7)) return at;
  }
  throw new Refused('DECODE_FAILED');
}
