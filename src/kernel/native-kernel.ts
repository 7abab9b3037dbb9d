import { performance } from 'node:perf_hooks';
import { readStill } from './formats/read.ts';
import type { Still } from './formats/still.ts';
import type { Kernel, Measured, Prepared } from './kernel.ts';
import { type NativeAddon, NUMBERS_IN, NUMBERS_OUT, STATES } from './native-addon.ts';
import { nativeRow } from './native-row.ts';
import type { Operation } from './operation.ts';
import { failedRow } from './row.ts';
import { sharpBytes } from './sharp-memory.ts';

/** Small images share a job of libuv's pool, since handing over a job takes longer than decoding them. */
const JOB_PIXELS = 2 ** 16;
const JOB_IMAGES = 256;

/**
 * A kernel around libjpeg-turbo and libdeflate for JPEG and PNG. All else goes to the sharp kernel, which is loaded
 * when it is needed first; so does a PNG with the smallest flaw, since engines differ in what they make of those.
 *
 * @param addon what `loadAddon` gave
 */
export function createNativeKernel(addon: NativeAddon): Kernel {
  return {
    name: 'native',
    prepare(input, key) {
      const still = readStill(input);
      if (typeof still === 'string') {
        const failed = { row: failedRow(key, still), decodeMs: 0, computeMs: 0 };
        return { workingBytes: 0, measure: async () => failed };
      }
      return isNative(still) ? new NativeImage(addon, input, key, still) : foreign(input, key, still);
    },
    async measureAll(prepared, operation) {
      const jobs = cutIntoJobs(prepared).map((job) =>
        Array.isArray(job) ? measureJob(addon, job, operation) : job.measure(operation),
      );
      return (await Promise.all(jobs)).flat();
    },
  };
}

class NativeImage implements Prepared {
  readonly workingBytes: number;
  readonly #addon: NativeAddon;
  readonly input: Buffer;
  readonly key: string;
  readonly still: Still;

  constructor(addon: NativeAddon, input: Buffer, key: string, still: Still) {
    this.#addon = addon;
    this.input = input;
    this.key = key;
    this.still = still;
    this.workingBytes = isJpeg(still) ? jpegBytes(still) : sharpBytes(still) + input.length;
  }

  async measure(operation: Operation): Promise<Measured> {
    const [measured] = await measureJob(this.#addon, [this], operation);
    if (measured === undefined) throw new RangeError('a job gave nothing for its image');
    return measured;
  }
}

function isJpeg({ pieces: [first] }: Still): boolean {
  return first?.[0] === 0xff;
}

/** JPEG, and PNG of up to 8 bits (byte 24) without interlacing (byte 28). */
function isNative(still: Still): boolean {
  const [first] = still.pieces;
  const isPng = first?.[0] === 0x89;
  return isJpeg(still) || (isPng && (first[24] ?? 16) <= 8 && first[28] === 0);
}

/** Some lines, or all coefficients of two bytes where scans refine them. */
function jpegBytes({ width, height, grey, streamed }: Still): number {
  const lines = 200 * width + 2 ** 17;
  return streamed ? lines : lines + width * height * (grey ? 2 : 6);
}

function foreign(input: Buffer, key: string, still: Still): Prepared {
  return { workingBytes: sharpBytes(still), measure: (operation) => measureBySharp(input, key, operation) };
}

async function measureBySharp(input: Buffer, key: string, operation: Operation): Promise<Measured> {
  const { createSharpKernel } = await import('./sharp-kernel.ts');
  return createSharpKernel().prepare(input, key).measure(operation);
}

/** Consecutive native images together, up to the limits of a job; others alone. */
function cutIntoJobs(prepared: readonly Prepared[]): (NativeImage[] | Prepared)[] {
  const jobs: (NativeImage[] | Prepared)[] = [];
  let job: NativeImage[] = [];
  let pixels = 0;
  for (const image of prepared) {
    if (!(image instanceof NativeImage)) {
      jobs.push(image);
      job = []; // the rows are to come in the order of the images
      continue;
    }
    const own = image.still.width * image.still.height;
    if (job.length === 0 || job.length === JOB_IMAGES || pixels + own > JOB_PIXELS) {
      job = [];
      jobs.push(job);
      pixels = 0;
    }
    job.push(image);
    pixels += own;
  }
  return jobs;
}

async function measureJob(
  addon: NativeAddon,
  images: readonly NativeImage[],
  operation: Operation,
): Promise<Measured[]> {
  const started = performance.now();
  const pieces: Buffer[] = [];
  const sizes = new Uint32Array(images.length * NUMBERS_IN);
  images.forEach(({ still }, at) => {
    sizes[at * NUMBERS_IN] = still.width;
    sizes[at * NUMBERS_IN + 1] = still.height;
    sizes[at * NUMBERS_IN + 2] = still.pieces.length;
    // Not spread into arguments: metadata can cut a hostile file into more pieces than a call takes.
    for (const piece of still.pieces) pieces.push(piece);
  });
  const { numbers, details } = await addon.measure(pieces, sizes);
  const waitMs = Math.max(0, performance.now() - started - workMs(numbers)) / images.length;
  const measured: Measured[] = [];
  let damaged = 0;
  for (const [at, { key, still, input }] of images.entries()) {
    const first = at * NUMBERS_OUT;
    const [state, decodeMs, computeMs] = [numbers[first], numbers[first + 1] ?? 0, numbers[first + 2] ?? 0];
    const times = { decodeMs: decodeMs + waitMs, computeMs };
    if (state === STATES.measured) {
      measured.push({ row: nativeRow(key, still, numbers, first + 3, operation), ...times });
    } else if (state === STATES.damaged) {
      measured.push({ row: failedRow(key, 'DECODE_FAILED'), ...times, detail: details[damaged++] ?? '' });
    } else {
      measured.push(await measureBySharp(input, key, operation));
    }
  }
  return measured;
}

function workMs(numbers: Float64Array): number {
  let total = 0;
  for (let at = 0; at < numbers.length; at += NUMBERS_OUT) {
    total += (numbers[at + 1] ?? 0) + (numbers[at + 2] ?? 0);
  }
  return total;
}
