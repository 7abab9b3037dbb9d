import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { hasImageSuffix } from '../../dataset/image-type.ts';
import { FanfleetError } from '../../errors.ts';
import { chooseKernel, type KernelName } from '../../kernel/choose-kernel.ts';
import { listFiles } from '../../kernel/local-files.ts';
import { eachLocalImage } from '../../kernel/local-images.ts';
import type { Normalisation } from '../../kernel/normalisation.ts';
import type { Row } from '../../kernel/row.ts';
import { FILE_SUFFIXES } from '../../run/normalised-file.ts';
import type { Context } from '../context.ts';
import { failedImages, textOfRows } from '../rows.ts';

export interface NormaliseOptions {
  readonly out: string;
  readonly normalisation: Normalisation;
  /** @default the native one where it was built */
  readonly kernel?: KernelName | undefined;
}

/**
 * Normalised copies of local files and folders, and their rows, without any AWS.
 *
 * @throws FanfleetError `OUTPUT_COLLISION` before anything is written, or `OUTPUT_UNWRITABLE`
 */
export async function normaliseCommand(
  { io, signal }: Context,
  paths: readonly string[],
  { out, normalisation, ...options }: NormaliseOptions,
) {
  const kernel = await chooseKernel(options.kernel);
  const keys = await listFiles(paths, hasImageSuffix);
  const targets = targetsOf(keys, out, FILE_SUFFIXES[normalisation.format]);
  const rows: Row[] = [];
  const images = eachLocalImage(keys, {
    kernel,
    overlap: 2 * availableParallelism(),
    bytes: (prepared) => prepared.normalisingBytes(normalisation),
    work: async (prepared, key) => {
      const { row, detail, file } = await prepared.normalise(normalisation);
      if (file !== undefined) await write(targets.get(key) ?? '', file);
      return { row, detail };
    },
  });
  for await (const { row, detail } of images) {
    signal.throwIfAborted();
    rows.push(row);
    if (detail !== undefined) io.note(`${row.key}: ${detail}`);
    io.progress(`${rows.length} normalised`);
  }
  const { failed, exitCode } = failedImages(io, rows);
  const json = { kernel: kernel.name, operation: 'normalise', normalisation, out, rows, failed };
  return { json, text: textOfRows(rows), exitCode };
}

/** Where each file goes: its key below `out`, without a root and steps upwards, with the suffix of its format. */
function targetsOf(keys: readonly string[], out: string, suffix: string): Map<string, string> {
  const targets = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const key of keys) {
    const steps = key.split(/[/\\]/).filter((step) => !/^(\.{0,2}|[A-Za-z]:)$/.test(step));
    const target = `${join(out, ...steps)}${suffix}`;
    const other = taken.get(target);
    if (other !== undefined) {
      const message = `Expected a file of its own for each image but ${other} and ${key} would both be ${target}.`;
      throw new FanfleetError('OUTPUT_COLLISION', message, { source: 'user' });
    }
    taken.set(target, key);
    targets.set(key, target);
  }
  return targets;
}

async function write(path: string, file: Buffer): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Expected to write ${path} but got: ${why}.`;
    throw new FanfleetError('OUTPUT_UNWRITABLE', message, { cause, source: 'user' });
  }
}
