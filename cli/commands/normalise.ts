import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import type { Normalisation } from '../../src/contract/normalisation.ts';
import { FILE_SUFFIXES } from '../../src/contract/normalised-file.ts';
import { type CopyPlaces, copyPlaces, type Place, placeOf } from '../../src/dataset/files/copy-places.ts';
import { nothingPassedOver } from '../../src/dataset/files/passed-over.ts';
import { isLocalShard } from '../../src/dataset/shards/shard-index.ts';
import { FanfleetError } from '../../src/errors.ts';
import { eachLocalImage } from '../../src/local/each-image.ts';
import { localFailure } from '../../src/local/failed-row.ts';
import type { Context } from '../context.ts';
import { localKernel } from '../local-kernel.ts';
import { type LocalInput, localInput, oneByOne, putRows } from '../local-rows.ts';

export interface NormaliseOptions {
  readonly out: string;
  readonly normalisation: Normalisation;
  readonly kernel: KernelChoice;
}

/**
 * Normalised copies of local files and folders, and their rows, without any AWS.
 *
 * @throws FanfleetError `OUTPUT_AMONG_INPUTS` or `OUTPUT_COLLISION` before anything is written, or `OUTPUT_UNWRITABLE`
 */
export async function normaliseCommand(
  context: Context,
  paths: readonly string[],
  { out, normalisation, ...options }: NormaliseOptions,
) {
  const kernel = await localKernel(options.kernel, normalisation.format);
  const input = localInput(context, paths);
  const suffix = FILE_SUFFIXES[normalisation.format];
  const places = copyPlaces(input.named, out, suffix, isLocalShard);
  if (places.mayCollide) await expectOwnPlaces(input, places, out, suffix);
  const images = eachLocalImage(input.find(places.exclude), {
    ...input,
    kernel,
    bytes: (prepared) => prepared.normalisingBytes(normalisation),
    work: async (prepared, found) => {
      const { row, detail, file } = await prepared.normalise(normalisation);
      if (file === undefined) return { row, detail };
      const unusable = await write(placeOf(found, out, suffix), file, out);
      return unusable === undefined ? { row } : localFailure(found.key, 'OUTPUT_NAME_UNUSABLE', unusable);
    },
  });
  const head = { kernel: kernel.name, operation: 'normalise', normalisation, out };
  return putRows(context, input, head, 'normalised', oneByOne(images));
}

/** @throws FanfleetError `OUTPUT_COLLISION` */
async function expectOwnPlaces(input: LocalInput, { exclude }: CopyPlaces, out: string, suffix: string) {
  const taken = new Map<string, string>();
  for await (const files of input.find(exclude, nothingPassedOver())) {
    for (const file of files) {
      if (file.failed !== undefined) continue;
      const copy = placeOf(file, out, suffix).path.toString('latin1');
      const other = taken.get(copy);
      if (other !== undefined) {
        const message = `Expected a file of its own for each image but ${other} and ${file.key} would both be ${copy}.`;
        throw new FanfleetError('OUTPUT_COLLISION', message, { source: 'user' });
      }
      taken.set(copy, file.key);
    }
  }
}

/** What the system says of a file that cannot have its name: too long, or taken by a folder. */
const OF_THE_NAME: ReadonlySet<unknown> = new Set(['ENAMETOOLONG', 'EISDIR', 'ENOTDIR', 'EEXIST']);

/**
 * Write a copy.
 *
 * @returns why it cannot be written, where that is a matter of its name alone
 * @throws FanfleetError `OUTPUT_UNWRITABLE`
 */
async function write({ folder, path }: Place, file: Buffer, out: string): Promise<unknown> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, file);
    return undefined;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const isFolder = statSync(out, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (OF_THE_NAME.has(code) && isFolder) return cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Expected to write ${path} but got: ${why}.`;
    throw new FanfleetError('OUTPUT_UNWRITABLE', message, { cause, source: 'user' });
  }
}
