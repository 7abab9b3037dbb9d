import { readDigits } from '../../src/dataset/sample-digits.ts';
import type { Classifier } from '../../src/workloads/classify/classifier-file.ts';
import { smallModel, value } from '../unit/models/small-model.ts';

const [SIDE, LARGER, DIGITS] = [8, 16, 10];
const TIMES = LARGER / SIDE;
const VALUES = 3 * LARGER * LARGER;

/** What `digitsModel` takes and gives. */
export const DIGITS_CLASSIFIER = {
  recipe: {
    resize: { width: LARGER, height: LARGER },
    filter: 'bilinear',
    mean: [0, 0, 0],
    std: [1, 1, 1],
    layout: 'nchw',
    type: 'float32',
  },
  bgr: false,
  input: 'images',
  output: 'scores',
  batch: 'any',
  isSoftmax: false,
  labels: Array.from({ length: DIGITS }, (_, digit) => String(digit)),
} as const satisfies Classifier;

/** A model of one layer that tells handwritten digits apart: an image is of the class whose mean is the nearest. */
export async function digitsModel(): Promise<Buffer> {
  const means = await meansOfDigits();
  // |x - m|² is the least where m x - |m|² / 2 is the most.
  const weights = Float32Array.from({ length: VALUES * DIGITS }, (_, at) =>
    valueAt(means[at % DIGITS] ?? [], Math.floor(at / DIGITS)),
  );
  const offsets = Float32Array.from(means, (mean) => {
    let sum = 0;
    for (let place = 0; place < VALUES; place += 1) sum += valueAt(mean, place) ** 2;
    return -sum / 2;
  });
  const graph = {
    node: [
      { opType: 'Flatten', input: ['images'], output: ['flat'] },
      { opType: 'MatMul', input: ['flat', 'weights'], output: ['products'] },
      { opType: 'Add', input: ['products', 'offsets'], output: ['scores'] },
    ],
    initializer: [constant('weights', [VALUES, DIGITS], weights), constant('offsets', [DIGITS], offsets)],
    input: [value('images', ['N', 3, LARGER, LARGER])],
    output: [value('scores', ['N', DIGITS])],
  };
  return Buffer.from(smallModel(graph));
}

/** Of the levels of each digit, from 0 to 1. */
async function meansOfDigits(): Promise<number[][]> {
  const sums = Array.from({ length: DIGITS }, () => new Array<number>(SIDE * SIDE).fill(0));
  const counts = new Array<number>(DIGITS).fill(0);
  for (const { label, levels } of await readDigits()) {
    counts[label] = (counts[label] ?? 0) + 1;
    sums[label] = (sums[label] ?? []).map((sum, place) => sum + (levels[place] ?? 0) / 16);
  }
  return sums.map((sum, label) => sum.map((each) => each / (counts[label] ?? 1)));
}

/** The value of a mean at a place of the tensor, of which each plane shows it larger. */
function valueAt(mean: readonly number[], place: number): number {
  const inPlane = place % (LARGER * LARGER);
  const row = Math.floor(Math.floor(inPlane / LARGER) / TIMES);
  const column = Math.floor((inPlane % LARGER) / TIMES);
  return mean[row * SIDE + column] ?? 0;
}

function constant(name: string, dims: readonly number[], values: Float32Array) {
  return { name, dims: dims.map(BigInt), dataType: 1, rawData: new Uint8Array(values.buffer) };
}
