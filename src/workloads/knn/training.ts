import { FanfleetError } from '../../errors.ts';

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
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) throw damaged('it does not begin as one');
  const headerEnd = MAGIC.length + 4 + file.readUInt32LE(MAGIC.length);
  const { count, width, height, labels } = JSON.parse(file.toString('utf8', MAGIC.length + 4, headerEnd));
  const pixelsAt = headerEnd + 4 * count;
  if (file.length !== pixelsAt + count * width * height * 3) throw damaged(`it has ${file.length} bytes`);
  const labelOf = Uint32Array.from({ length: count }, (_, index) => file.readUInt32LE(headerEnd + 4 * index));
  return { width, height, labels, labelOf, pixels: file.subarray(pixelsAt) };
}

function damaged(why: string): FanfleetError {
  const message = `Expected a training set but ${why}.`;
  return new FanfleetError('INPUT_DAMAGED', message, { source: 'internal' });
}
