import { FanfleetError } from '../../errors.ts';
import { readFields } from '../../fields.ts';

/** What the images of a run are compared with. */
export interface TrainingSet {
  readonly width: number;
  readonly height: number;
  /** In their order, which decides between labels of as many votes. */
  readonly labels: readonly string[];
  /** The label of each image, by its place in `labels`. */
  readonly labelOf: Uint32Array;
  /** R, G and B of every pixel, image after image. */
  readonly pixels: Uint8Array;
}

const MAGIC = 'FFKNN001';

/**
 * The one form of a training set as a file: the magic, the length of a JSON header, the header, the labels, the pixels. Integers
 * are little-endian and of 32 bits. ec2-workers/fanfleet/workloads/knn.py reads the same.
 */
export function writeTraining({ width, height, labels, labelOf, pixels }: TrainingSet): Buffer {
  const header = Buffer.from(JSON.stringify({ count: labelOf.length, width, height, labels }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const places = Buffer.alloc(4 * labelOf.length);
  for (const [index, label] of labelOf.entries()) places.writeUInt32LE(label, 4 * index);
  return Buffer.concat([Buffer.from(MAGIC), length, header, places, pixels]);
}

/** @throws FanfleetError `INPUT_DAMAGED` */
export function readTraining(file: Buffer): TrainingSet {
  const headerAt = MAGIC.length + 4;
  if (file.length < headerAt || file.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw damaged('it does not begin as one');
  }
  const headerEnd = headerAt + file.readUInt32LE(MAGIC.length);
  const header = readHeader(file.toString('utf8', headerAt, headerEnd));
  const { count, width, height, labels } = header;
  const pixelsAt = headerEnd + 4 * count;
  const length = pixelsAt + count * width * height * 3;
  if (file.length !== length) throw damaged(`it has ${file.length} bytes and not ${length}`);
  const labelOf = Uint32Array.from({ length: count }, (_, index) => file.readUInt32LE(headerEnd + 4 * index));
  const foreign = labelOf.find((label) => label >= labels.length);
  if (foreign !== undefined) throw damaged(`it has a label ${foreign} of ${labels.length}`);
  return { width, height, labels, labelOf, pixels: file.subarray(pixelsAt) };
}

/** Without zod, since workers read it. */
function readHeader(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged('its header is no JSON', cause);
  }
  try {
    return readFields(value, 'The header', (fields) => ({
      count: fields.integer('count', 1),
      width: fields.integer('width', 1),
      height: fields.integer('height', 1),
      labels: fields.take('labels', 'labels', isTexts, []),
    }));
  } catch (cause) {
    throw damaged(FanfleetError.from(cause).message, cause);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function damaged(why: string, cause?: unknown): FanfleetError {
  const message = `Expected a training set but ${why}.`;
  return new FanfleetError('INPUT_DAMAGED', message, { source: 'internal', cause });
}
