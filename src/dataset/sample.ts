import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import * as z from 'zod';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import { FanfleetError } from '../errors.ts';
import { DIGITS, digitPng, MAX_DIGITS, readDigits } from './sample-digits.ts';
import type { SampleKind } from './sample-kinds.ts';
import { photoMaker, photoRecipe } from './sample-photos.ts';

const PHOTOS = 1000;
const MAX_PHOTOS = 1_000_000;

/** Raise this whenever the bytes or names of a sample change: folders made by an older one are made anew. */
const GENERATOR_VERSION = 1;
/** Images in the making at once: libuv's pool has four threads. */
const CONCURRENCY = 4;
/** Files that a sample may have written, so that those of a larger one can be told from a stranger's. */
const OWN_FILE = /^\d{4,}-[a-z0-9]+\.(jpg|png)$/;

export type SampleOptions = {
  /** How many images. @default 1,000 photos, 1,797 digits */
  readonly count?: number;
  /** Told after every image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
};
type Totals = {
  readonly images: number;
  readonly bytes: number;
  /** SHA-256 over the SHA-256 of every file, in the order of the names. */
  readonly sha256: string;
};
export type Sample = Totals & {
  readonly kind: SampleKind;
  /** Where the images are: `<dir>/photos` or `<dir>/digits`. */
  readonly folder: string;
  /** Whether it was made now; false if it was there already. */
  readonly made: boolean;
};

const markerSchema = z.object({ version: z.string(), images: z.int(), bytes: z.int(), sha256: z.string() });

/**
 * Write the sample images of a kind to `<dir>/<kind>/`, without the network: JPEG photographs of 400-600 pixels cut
 * from the pictures in assets/photos, e.g. `0001-astronaut.jpg`, or PNGs of handwritten digits, e.g. `0001-0.png`.
 *
 * The same count, version of sharp and kind of processor give the same bytes. A folder that is complete is left as it is:
 * `<dir>/<kind>.json` tells what was made, is written last, and is compared with the names in the folder.
 *
 * @throws FanfleetError `INVALID_INPUT` for a count out of range, `FOLDER_UNUSABLE` where it cannot be written;
 * the reason of the signal once that is aborted.
 */
export async function makeSample(
  kind: SampleKind,
  dir: string,
  options: SampleOptions = {},
): Promise<Sample> {
  const count = checkCount(kind, options.count);
  const { name, prepare } = await GENERATORS[kind]();
  const width = Math.max(4, String(count).length);
  const names = Array.from({ length: count }, (_, i) => `${String(i + 1).padStart(width, '0')}-${name(i)}`);
  const version = `${GENERATOR_VERSION}:${count}:sharp-${sharp.versions.sharp}`;
  const folder = join(dir, kind);
  const marker = join(dir, `${kind}.json`);
  const complete = await readComplete(marker, version, folder, names);
  if (complete !== null) return { kind, folder, ...complete, made: false };
  try {
    await rm(marker, { force: true });
    await mkdir(folder, { recursive: true });
    const totals = await writeImages(folder, names, await prepare(), options);
    await removeLeftovers(folder, names);
    await writeFile(marker, `${JSON.stringify({ version, ...totals })}\n`);
    return { kind, folder, ...totals, made: true };
  } catch (reason) {
    throw isFileSystemError(reason) ? unusable(folder, reason) : reason;
  }
}

/** Per kind: the name of an image without its number, and what makes the bytes of one. */
type Generator = {
  readonly name: (index: number) => string;
  readonly prepare: () => Promise<(index: number) => Promise<Buffer>>;
};

const GENERATORS: Readonly<Record<SampleKind, () => Promise<Generator>>> = {
  photos: async () => ({
    name: (index) => `${photoRecipe(index).source.name}.jpg`,
    prepare: async () => {
      const make = await photoMaker();
      return (index) => make(photoRecipe(index));
    },
  }),
  digits: async () => {
    const digits = await readDigits();
    return {
      name: (index) => `${digits[index % digits.length]?.label}.png`,
      prepare: async () => async (index) => digitPng(digits, index),
    };
  },
};

async function writeImages(
  folder: string,
  names: readonly string[],
  make: (index: number) => Promise<Buffer>,
  { onProgress, signal }: SampleOptions,
): Promise<Totals> {
  const hashes: Buffer[] = new Array(names.length);
  let bytes = 0;
  let done = 0;
  await forEachConcurrent(
    names,
    CONCURRENCY,
    async (name, index) => {
      const image = await make(index);
      await writeFile(join(folder, name), image);
      hashes[index] = createHash('sha256').update(image).digest();
      bytes += image.length;
      done += 1;
      onProgress?.(done, names.length);
    },
    signal,
  );
  const sha256 = createHash('sha256').update(Buffer.concat(hashes)).digest('hex');
  return { images: names.length, bytes, sha256 };
}

/** What the marker tells if it is of this version and every file is there, else null. */
async function readComplete(
  marker: string,
  version: string,
  folder: string,
  names: readonly string[],
): Promise<Totals | null> {
  try {
    const { version: made, ...totals } = markerSchema.parse(JSON.parse(await readFile(marker, 'utf8')));
    const present = new Set(await readdir(folder));
    return made === version && names.every((name) => present.has(name)) ? totals : null;
  } catch {
    return null; // no marker, or one that nobody can read: made anew
  }
}

/** Remove what an earlier sample with other names left; files that no sample writes stay. */
async function removeLeftovers(folder: string, names: readonly string[]): Promise<void> {
  const wanted = new Set(names);
  for (const name of await readdir(folder)) {
    if (OWN_FILE.test(name) && !wanted.has(name)) await rm(join(folder, name));
  }
}

function checkCount(kind: SampleKind, count: number | undefined): number {
  const [usual, most] = kind === 'photos' ? [PHOTOS, MAX_PHOTOS] : [DIGITS, MAX_DIGITS];
  if (count === undefined) return usual;
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new FanfleetError(
    'INVALID_INPUT',
    `Expected an integer of 1 to ${most} for the \`count\` of ${kind} but received ${count}.`,
    { source: 'user' },
  );
}

function isFileSystemError(reason: unknown): reason is NodeJS.ErrnoException {
  return reason instanceof Error && 'code' in reason && 'syscall' in reason;
}

function unusable(folder: string, cause: NodeJS.ErrnoException): FanfleetError {
  return new FanfleetError(
    'FOLDER_UNUSABLE',
    `Expected to write the sample images to ${folder} but got ${cause.code}: choose a folder that can be written, with space left.`,
    { cause, source: 'user' },
  );
}
