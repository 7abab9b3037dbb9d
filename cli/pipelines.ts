import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGES, imageObjects, putShards } from '../src/ablation/image-objects.ts';
import { modelObjects } from '../src/ablation/model-objects.ts';
import { ObjectServer } from '../src/ablation/object-server.ts';
import { type PipelinePython, Pipelines, readCatalogue } from '../src/ablation/pipelines.ts';
import { type Catalogue, type Switches, switchesOf } from '../src/ablation/switch.ts';
import type { LocalFile } from '../src/dataset/folder.ts';
import { FanfleetError } from '../src/errors.ts';
import { MODEL_NAMES } from '../src/models/named/named-models.ts';
import type { Context } from './context.ts';
import { installPipeline } from './engine-packages.ts';
import { haveNamedModel, noModel } from './model-of-run.ts';
import { expectInteger } from './numbers.ts';

export interface PipelineOptions {
  readonly engine: string;
  readonly model: string;
  readonly description?: string;
  readonly labels?: string;
  readonly workers: number;
}

/** Of processes on this machine that are given a core each. */
const MOST_WORKERS = 256;
/** The switch that makes a pipeline read tars. */
const OF_SHARDS = 'shards';

/** All switches, and those of an engine. */
export interface KnownSwitches {
  readonly catalogue: Catalogue;
  readonly switches: Switches;
}

/**
 * All switches, and those that the pipeline of an engine has.
 *
 * @throws FanfleetError `INVALID_INPUT` for an engine without a pipeline, `NOT_INSTALLED`
 */
export async function knownSwitches({ root }: Pick<Context, 'root'>, engine: string): Promise<KnownSwitches> {
  const catalogue = await readCatalogue(pythonOf(root));
  return { catalogue, switches: switchesOf(catalogue, engine) };
}

/** All switches, of all engines. */
export async function allSwitches({ root }: Pick<Context, 'root'>): Promise<Catalogue> {
  return readCatalogue(pythonOf(root));
}

/**
 * Start an engine on this machine with images and a model in a local S3, hand it to `work`, and end it.
 *
 * @param used names of the switches that may be on
 * @throws FanfleetError `LINUX_ONLY`, `INVALID_INPUT` for the model, `NOT_INSTALLED`, `NOT_FETCHED`, `PIPELINE_FAILED`; the reason of the signal
 */
export async function withPipelines<T>(
  context: Context,
  files: readonly LocalFile[],
  { catalogue, used, ...options }: PipelineOptions & Pick<KnownSwitches, 'catalogue'> & { used: string[] },
  work: (pipelines: Pipelines) => Promise<T>,
): Promise<T> {
  const { engine, workers } = options;
  const { root, io, signal } = context;
  expectLinux();
  expectInteger('--workers', workers, MOST_WORKERS);
  const objects = imageObjects(files);
  for (const [key, data] of await modelObjects(await placed(context, options))) {
    objects.set(key, { size: data.length, read: () => data });
  }
  await installPipeline(context, engine);
  signal.throwIfAborted();
  const server = await ObjectServer.start(objects, { loosePrefix: IMAGES });
  try {
    const shards = used.includes(OF_SHARDS) ? await putShards(server.store, files, signal) : [];
    io.progress(`starting ${engine}`);
    const counted = { store: { ...server.store, shards }, requests: () => server.requests() };
    const module = catalogue.engines[engine]?.module ?? engine;
    const pipelines = await Pipelines.start(pythonOf(root), module, counted, { workers, signal });
    try {
      return await work(pipelines);
    } catch (reason) {
      throw signal.aborted ? signal.reason : reason;
    } finally {
      io.endProgress();
      await pipelines.stop();
    }
  } finally {
    await server.stop();
  }
}

/** Of a model with a name those of its files. */
async function placed(context: Context, { model, description, labels }: PipelineOptions) {
  const name = MODEL_NAMES.find((each) => each === model);
  const path = name === undefined ? model : (await haveNamedModel(context, name)).path;
  if (!existsSync(path)) throw noModel(path);
  return { model: path, description, labels };
}

function pythonOf(root: string): PipelinePython {
  const python = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  return {
    python: join(root, '.venv', python),
    path: [join(root, 'engine-pipelines'), join(root, 'ec2-workers')],
  };
}

/** What processes take is read from `/proc`. */
function expectLinux(): void {
  if (process.platform === 'linux') return;
  const message = `Expected Linux, which tells what processes take, but this is ${process.platform}: run it in a container or on an instance.`;
  throw new FanfleetError('LINUX_ONLY', message, { source: 'user' });
}
