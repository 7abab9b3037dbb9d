import { cached } from '../../concurrency/cached.ts';
import { failedRow, type MeasuredRow } from '../../contract/row.ts';
import type { Decoded, Kernel, Normalised } from '../../kernel/kernel.ts';
import { type Nearest, prepareNearest } from '../../kernel/nearest.ts';
import { type DecodedImage, decodeBatch } from '../decode-batch.ts';
import type { Inputs, Runner } from '../workload.ts';
import type { KnnWork } from './params.ts';
import { readTraining, type TrainingSet } from './training.ts';
import { vote } from './vote.ts';

/** A training set, ready for queries. */
interface Trained {
  readonly set: TrainingSet;
  readonly nearest: Nearest;
}

/** Of each file and kernel, for all batches of a process. */
const trained = new WeakMap<Buffer, Map<string, Promise<Trained>>>();

/** Takes each image for what most of the nearest in the training set are. */
export function knnRunner({ k }: KnnWork): Runner {
  return {
    inputs: ['training'],
    begin: async (wholeKernel, imageBytes, inputs) => {
      const { set, nearest } = await trainedOn(inputs, wholeKernel);
      const { decode, ...batch } = decodeBatch(wholeKernel, imageBytes);
      return {
        ...batch,
        isGrouped: true,
        run: async (images) => classify(await decode(images), set, nearest, k),
        batchFiles: () => [],
      };
    },
  };
}

function trainedOn(inputs: Inputs, kernel: Kernel): Promise<Trained> {
  const file = inputs.get('training');
  if (file === undefined) throw new TypeError('Expected the training set among the inputs.');
  const own = trained.get(file) ?? new Map<string, Promise<Trained>>();
  trained.set(file, own);
  return cached(own, kernel.name, () => train(file, kernel));
}

async function train(file: Buffer, kernel: Kernel): Promise<Trained> {
  const set = readTraining(file);
  const length = set.width * set.height * 3;
  const nearest = await (kernel.nearest?.(set.pixels, length) ??
    prepareNearest(set.pixels, length, 'portable'));
  return { set, nearest };
}

async function classify(
  decoded: readonly DecodedImage[],
  set: TrainingSet,
  nearest: Nearest,
  k: number,
): Promise<Normalised[]> {
  const asked = decoded.filter(({ pixels }) => pixels?.width === set.width && pixels.height === set.height);
  const queries = new Uint8Array(asked.length * nearest.length);
  for (const [index, { pixels }] of asked.entries()) {
    if (pixels !== undefined) queries.set(pixels.data, index * nearest.length);
  }
  const started = performance.now();
  const { indices, distances } = await nearest.find(queries, k);
  const computeMs = (performance.now() - started) / Math.max(1, asked.length);
  const found = Math.min(k, nearest.count);
  const places = new Map(asked.map((one, index) => [one, index]));
  return decoded.map((one) => {
    const place = places.get(one);
    if (place === undefined) return { ...notAsked(one), computeMs: 0 };
    const neighbours = Array.from({ length: found }, (_, n) => {
      const at = place * found + n;
      return [indices[at] ?? 0, distances[at] ?? 0] as const;
    });
    const { key, pixels: _, failed: __, ...measured } = one;
    const row: MeasuredRow = {
      ...{ key, width: set.width, height: set.height, channels: 3 },
      label: vote(neighbours, set),
      neighbours,
    };
    return { ...measured, row, computeMs };
  });
}

function notAsked({ key, pixels, failed, ...measured }: { readonly key: string } & Decoded) {
  return { ...measured, row: failed ?? failedRow(key, 'SIZE_DIFFERS') };
}
