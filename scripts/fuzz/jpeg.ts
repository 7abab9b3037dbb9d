import { bytes, disordered, replaced } from './bytes.ts';
import type { Random } from './random.ts';

const [DHT, SOI, EOI, SOS, DQT, DRI] = [0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xdd];
const [RST0, RST7] = [0xd0, 0xd7];

/** A marker with its length and body, and behind a start of scan the entropy-coded data. */
type Segment = { readonly marker: number; readonly body: Buffer; readonly coded: Buffer };

/** Change a JPEG so that its markers remain a chain, mostly: tables, sizes, scans, restarts and coded data. */
export function mutateJpeg(file: Buffer, random: Random): Buffer {
  let segments = segmentsOf(file);
  const at = random.below(segments.length);
  const segment = segments[at];
  if (segment === undefined) return file;
  switch (random.below(8)) {
    case 0:
      segments = disordered(segments, random);
      break;
    case 1:
      segments.splice(at, 1, { ...segment, marker: random.pick(MARKERS) });
      break;
    case 2:
    case 3:
      segments = changed(segments, (one) => isFrame(one.marker), random, changedFrame);
      break;
    case 4:
      segments = changed(segments, ({ marker }) => marker === SOS, random, changedBody);
      break;
    case 5:
      segments = changed(segments, ({ coded }) => coded.length > 0, random, changedCode);
      break;
    case 6:
      segments.splice(at, 0, { marker: DRI, body: Buffer.of(0, random.byte()), coded: Buffer.alloc(0) });
      break;
    default:
      segments = changed(segments, ({ marker }) => marker === DHT || marker === DQT, random, changedBody);
  }
  return join(segments, random);
}

const MARKERS = [0xc0, 0xc1, 0xc2, 0xc3, 0xc9, DHT, SOS, DQT, 0xdc, DRI, 0xe0, 0xee, 0xfe, 0x01] as const;

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xc2;
}

function changed(
  segments: readonly Segment[],
  isMeant: (segment: Segment) => boolean,
  random: Random,
  change: (segment: Segment, random: Random) => Segment,
): Segment[] {
  const meant = segments.filter(isMeant);
  const chosen = meant[random.below(meant.length)];
  return segments.map((one) => (one === chosen ? change(one, random) : one));
}

/** Another size, other sampling factors, tables or numbers of components, in the bytes as they lie in T.81, B.2.2. */
function changedFrame(segment: Segment, random: Random): Segment {
  const body = Buffer.from(segment.body);
  if (body.length < 9) return segment;
  const side = random.once(300) ? random.below(65_536) : random.below(300);
  const kind = random.below(4);
  if (kind === 0) body.writeUInt16BE(side, random.pick([1, 3]));
  else if (kind === 1) body[7 + 3 * random.below((body.length - 6) / 3)] = samplingFactors(random);
  else if (kind === 2) body[random.below(body.length)] = random.below(5);
  else return { ...segment, marker: random.pick([0xc0, 0xc1, 0xc2]) };
  return { ...segment, body };
}

function samplingFactors(random: Random): number {
  return random.once(8) ? random.byte() : (1 + random.below(4)) * 16 + 1 + random.below(4);
}

function changedBody(segment: Segment, random: Random): Segment {
  const body = Buffer.from(segment.body);
  for (let times = random.below(4); times >= 0; times -= 1) body[random.below(body.length)] = random.byte();
  return { ...segment, body };
}

/** Bits that decode to something else, or end early; restart markers in the wrong places. */
function changedCode(segment: Segment, random: Random): Segment {
  const { coded } = segment;
  const at = random.below(coded.length);
  const count = random.below(random.once(4) ? coded.length - at : 4);
  const kind = random.below(4);
  if (kind === 0) return { ...segment, coded: coded.subarray(0, at) };
  if (kind === 1) return { ...segment, coded: replaced(coded, at, count, Buffer.alloc(0)) };
  const other = kind === 2 ? bytes(1 + count, random) : Buffer.of(0xff, RST0 + random.below(8));
  return { ...segment, coded: replaced(coded, at, count, other) };
}

function segmentsOf(file: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== EOI; ) {
    const marker = file.readUInt8(at + 1);
    const end = Math.max(at + 4, at + 2 + file.readUInt16BE(at + 2));
    const next = marker === SOS ? endOfCode(file, end) : end;
    segments.push({ marker, body: file.subarray(at + 4, end), coded: file.subarray(end, next) });
    at = next;
  }
  return segments;
}

function endOfCode(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const byte = file[at + 1] ?? EOI;
    if (byte !== 0 && byte !== 0xff && !(byte >= RST0 && byte <= RST7)) return at;
  }
  return file.length;
}

function join(segments: readonly Segment[], random: Random): Buffer {
  const parts: Buffer[] = [Buffer.of(0xff, SOI)];
  const wrongLength = random.once(12) ? random.below(segments.length) : -1;
  segments.forEach(({ marker, body, coded }, place) => {
    const length = 2 + body.length + (place === wrongLength ? random.below(40) - 20 : 0);
    parts.push(Buffer.of(0xff, marker, (length >> 8) & 0xff, length & 0xff), body, coded);
  });
  return Buffer.concat([...parts, Buffer.of(0xff, EOI)]);
}
