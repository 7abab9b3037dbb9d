import { performance } from 'node:perf_hooks';
import type { Depth } from '../contract/depth.ts';
import { type FailedRow, failedRow } from '../contract/row.ts';
import { NUMBERS_IN, STATES } from './addon-numbers.ts';
import type { Still } from './formats/still.ts';
import type { Kernel, Measured, Prepared } from './kernel.ts';
import type { NativeAddon } from './native-addon.ts';
import { onceDone } from './once-done.ts';
import { sharpBrought } from './sharp-source.ts';

/** An image that the addon may know how to decode. */
export type NativeSource = { readonly input: Buffer; readonly key: string; readonly still: Still };

/** What a job finds out, and how its numbers become rows. */
export type Wanted<R> = {
  readonly wanted: Parameters<NativeAddon['measure']>[2];
  /** @param first where the statistics of the image begin in `numbers` */
  row(image: NativeSource, numbers: Float64Array, first: number): R;
  /** Takes the counts of all images that the job measured, where they are wanted. */
  total?(counts: Float64Array): void;
  /** The same from the sharp kernel, for an image that the addon leaves to it. */
  otherwise(bySharp: Prepared): Promise<Measured<R | FailedRow>>;
};

/** Measure images in one job of the addon; the rows are in the order of the images. */
export async function runJob<R>(
  addon: NativeAddon,
  images: readonly NativeSource[],
  { wanted, row, total, otherwise }: Wanted<R>,
): Promise<Measured<R | FailedRow>[]> {
  const started = performance.now();
  const { pieces, sizes } = jobInput(images);
  const { numbers, details, ...found } = await addon.measure(pieces, sizes, wanted);
  if (found.total !== undefined) total?.(found.total);
  const perImage = numbers.length / images.length;
  const waitMs = Math.max(0, performance.now() - started - workMs(numbers, perImage)) / images.length;
  const measured: Measured<R | FailedRow>[] = [];
  let damaged = 0;
  for (const [at, image] of images.entries()) {
    const first = at * perImage;
    const [state, decodeMs, computeMs] = [numbers[first], numbers[first + 1] ?? 0, numbers[first + 2] ?? 0];
    const times = { decodeMs: decodeMs + waitMs, computeMs };
    if (state === STATES.measured) {
      measured.push({ row: row(image, numbers, first + 3), ...times });
    } else if (state === STATES.damaged) {
      const detail = details[damaged++] ?? '';
      measured.push({ row: failedRow(image.key, 'DECODE_FAILED'), ...times, detail });
    } else {
      measured.push(await otherwise(await prepareBySharp(image.input, image.key)));
    }
  }
  return measured;
}

/** The pieces of all images, and three numbers for each (`NUMBERS_IN`). */
export function jobInput(images: readonly NativeSource[]): { pieces: Buffer[]; sizes: Uint32Array } {
  const pieces: Buffer[] = [];
  const sizes = new Uint32Array(images.length * NUMBERS_IN);
  images.forEach(({ still }, at) => {
    sizes[at * NUMBERS_IN] = still.width;
    sizes[at * NUMBERS_IN + 1] = still.height;
    sizes[at * NUMBERS_IN + 2] = still.pieces.length;
    // Not spread into arguments: metadata can cut a hostile file into more pieces than a call takes.
    for (const piece of still.pieces) pieces.push(piece);
  });
  return { pieces, sizes };
}

const sharpKernel = onceDone(loadSharpKernel);

/** Hand an image to the sharp kernel, which is loaded when it is needed first; what it finds out says that it was left to it. */
export async function prepareBySharp(input: Buffer, key: string, depth?: Depth): Promise<Prepared> {
  const { name, prepare } = await sharpKernel();
  const prepared = prepare(input, key, depth);
  const left = async <M extends object>(outcome: Promise<M>): Promise<M & { leftTo: string }> => ({
    ...(await outcome),
    leftTo: name,
  });
  return {
    ...prepared,
    measure: (operation) => left(prepared.measure(operation)),
    normalise: (normalisation) => left(prepared.normalise(normalisation)),
    histogram: () => left(prepared.histogram()),
    pixels: () => left(prepared.pixels()),
  };
}

async function loadSharpKernel(): Promise<Kernel> {
  await sharpBrought();
  const { configureSharp, createSharpKernel } = await import('./sharp-kernel.ts');
  configureSharp({ threads: 1 });
  return createSharpKernel();
}

function workMs(numbers: Float64Array, perImage: number): number {
  let total = 0;
  for (let at = 0; at < numbers.length; at += perImage) {
    total += (numbers[at + 1] ?? 0) + (numbers[at + 2] ?? 0);
  }
  return total;
}
