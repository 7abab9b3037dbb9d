import type { Normalisation } from '../contract/normalisation.ts';
import type { Operation } from '../contract/operation.ts';
import type { FailedRow } from '../contract/row.ts';
import type { TensorRecipe } from '../contract/tensor.ts';
import type { ApproximateRow } from './approximate.ts';
import { ForeignImage } from './foreign-image.ts';
import { readStill } from './formats/read.ts';
import type { Still } from './formats/still.ts';
import type { HistogramRow } from './histogram.ts';
import { imageBytes, sharpBytes } from './image-memory.ts';
import type { Decoded, Kernel, Measured, Normalised, Prepared, Product } from './kernel.ts';
import type { NativeAddon } from './native-addon.ts';
import { type NativeSource, prepareBySharp, runJob, type Wanted } from './native-job.ts';
import { normaliseNatively } from './native-normalise.ts';
import { decodeNatively } from './native-pixels.ts';
import { makeTensors, tensorOfPixels, tooLargeTensor } from './native-tensors.ts';
import { APPROXIMATION_WANTED, countsWanted, HISTOGRAM_WANTED, statisticsWanted } from './native-wanted.ts';
import { countImage, outputBytes, refusedImage, tooLargeFor } from './prepared.ts';
import { TensorBatch } from './tensor-batch.ts';
import { planTensor, tensorBytes } from './tensor-plan.ts';

/** Small images share a job of libuv's pool, since handing over a job takes longer than decoding them. */
const JOB_PIXELS = 2 ** 16;
const JOB_IMAGES = 256;

export type NativeOptions = {
  /** @default native */
  readonly name?: string;
  /** Whether the addon has memory of its own, into which files are copied. @default false */
  readonly copies?: boolean;
};

/**
 * A kernel around libjpeg-turbo and libdeflate for JPEG and PNG. All else goes to the sharp kernel, which is loaded
 * when it is needed first; so does a PNG with the smallest flaw, since engines differ in what they make of those.
 *
 * @param addon what `loadAddon` gave
 */
export function createNativeKernel(
  addon: NativeAddon,
  { name = 'native', copies = false }: NativeOptions = {},
): Kernel {
  return {
    name,
    prepare(input, key, depth) {
      const still = readStill(input);
      if (typeof still === 'string') return refusedImage(key, still);
      if (!isNative(still)) return new ForeignImage(input, key, still, depth);
      return new NativeImage(addon, input, key, still, copies ? input.length : 0);
    },
    async measureAll(prepared, operation) {
      const jobs = cutIntoJobs(prepared).map((job) =>
        Array.isArray(job) ? runJob(addon, job, statisticsWanted(operation)) : job.measure(operation),
      );
      return (await Promise.all(jobs)).flat();
    },
    async pixelsAll(prepared) {
      const jobs = cutIntoJobs(prepared).map((job) =>
        Array.isArray(job) ? decodeNatively(addon, job) : job.pixels(),
      );
      return (await Promise.all(jobs)).flat();
    },
    async tensors(prepared, recipe, into) {
      const values = ({ still }: NativeImage) => {
        const { crop } = planTensor(recipe, still);
        return crop.width * crop.height;
      };
      const batch = into && new TensorBatch(into, recipe, prepared.length);
      const tensorsOf = async (job: NativeImage[] | Prepared) => {
        const to = batch?.take(Array.isArray(job) ? job.length : 1);
        if (Array.isArray(job)) return makeTensors(addon, job, recipe, to);
        const refused = job instanceof ForeignImage && tooLargeTensor(recipe, job.still, job.key);
        return [refused || (await tensorOfPixels(addon, job.key, await job.pixels(), recipe, to))];
      };
      const made = (await Promise.all(cutIntoJobs(prepared, values).map(tensorsOf))).flat();
      return batch?.closed(made) ?? made;
    },
    async countAll(prepared, counts) {
      const jobs = cutIntoJobs(prepared).map((job) =>
        Array.isArray(job) ? runJob(addon, job, countsWanted(counts)) : countImage(job, counts),
      );
      return (await Promise.all(jobs)).flat();
    },
  };
}

class NativeImage implements Prepared, NativeSource {
  readonly workingBytes: number;
  readonly #addon: NativeAddon;
  readonly input: Buffer;
  readonly key: string;
  readonly still: Still;

  /** @param copied bytes of the input that the addon has again */
  constructor(addon: NativeAddon, input: Buffer, key: string, still: Still, copied: number) {
    this.#addon = addon;
    this.input = input;
    this.key = key;
    this.still = still;
    this.workingBytes = copied + (isJpeg(still) ? jpegBytes(still) : sharpBytes(still) + input.length);
  }

  measure(operation: Operation): Promise<Measured> {
    return this.#find(statisticsWanted(operation));
  }

  histogram(): Promise<Measured<HistogramRow | FailedRow>> {
    return this.#find(HISTOGRAM_WANTED);
  }

  approximate(): Promise<Measured<ApproximateRow | FailedRow>> {
    return this.#find(APPROXIMATION_WANTED);
  }

  /** Strips of the image, which may have to be there whole between two passes, what is between them, and the tensor. */
  tensorBytes(recipe: TensorRecipe): number {
    return this.workingBytes + tensorBytes(recipe, this.still);
  }

  get pixelsBytes(): number {
    return this.workingBytes + 3 * this.still.width * this.still.height;
  }

  async pixels(): Promise<Decoded> {
    const [decoded] = await decodeNatively(this.#addon, [this]);
    if (decoded === undefined) throw new RangeError('a job gave nothing for its image');
    return decoded;
  }

  async #find<R>(wanted: Wanted<R>): Promise<Measured<R | FailedRow>> {
    const [measured] = await runJob(this.#addon, [this], wanted);
    if (measured === undefined) throw new RangeError('a job gave nothing for its image');
    return measured;
  }

  mostBytes(product?: Product): number {
    return imageBytes(this.still, this.input.length, product);
  }

  normalisingBytes({ format }: Normalisation): number {
    return this.workingBytes + 3 * this.still.width * this.still.height + outputBytes(this.still, format);
  }

  async normalise(normalisation: Normalisation): Promise<Normalised> {
    const tooLarge = tooLargeFor(normalisation.format, this.still, this.key);
    if (tooLarge !== undefined) return tooLarge;
    // The addon has a table of 256 values, whose range is of 8 bits too.
    const normalised =
      normalisation.range?.depth === 16
        ? undefined
        : await normaliseNatively(this.#addon, this.key, this.still, normalisation);
    return normalised ?? (await prepareBySharp(this.input, this.key)).normalise(normalisation);
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

/**
 * Consecutive native images together, up to the limits of a job; others alone.
 *
 * @param made pixels that come out of an image, which count as those of the image itself
 */
function cutIntoJobs(
  prepared: readonly Prepared[],
  made: (image: NativeImage) => number = () => 0,
): (NativeImage[] | Prepared)[] {
  const jobs: (NativeImage[] | Prepared)[] = [];
  let job: NativeImage[] = [];
  let pixels = 0;
  for (const image of prepared) {
    if (!(image instanceof NativeImage)) {
      jobs.push(image);
      job = []; // the rows are to come in the order of the images
      continue;
    }
    const own = image.still.width * image.still.height + made(image);
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
