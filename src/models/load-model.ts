import type { TensorRecipe } from '../contract/tensor.ts';
import { FanfleetError } from '../errors.ts';
import { type Classifier, checkClassifier } from './classifier.ts';
import { readDescription } from './description/description.ts';
import { fitLabels, fitTensor } from './fit.ts';
import { readLabels } from './labels.ts';
import { readOnnx } from './onnx/read-onnx.ts';
import type { DescribedTensor } from './tensor-description.ts';

/** Most bytes of a description, and of labels. */
const MOST_TEXT = 16 * 1024 * 1024;

/** Where the files of a model are: in a bucket, or on this machine. */
export interface ModelFiles {
  /** A file in pieces. @throws FanfleetError `OBJECT_NOT_FOUND` where there is none */
  readonly stream: (path: string) => AsyncIterable<Uint8Array>;
}

/** Of the files of a model, the paths or keys. */
export interface ModelPaths {
  readonly model: string;
  /** @default beside the model, with the suffix `.json` */
  readonly description?: string | undefined;
  /** @default beside the model, with the suffix `.labels.txt` or `.labels.json`, if there is one */
  readonly labels?: string | undefined;
}

/** A model that fits what is said of it. */
export interface Model {
  readonly classifier: Classifier;
  readonly tensor: TensorRecipe;
  /** The order in which the model takes the channels of the tensor. */
  readonly channels: DescribedTensor['channels'];
  /** Of each class, in the order of the output. */
  readonly labels: readonly string[];
}

/**
 * Read a model, how its tensors are made, and its labels, and check that they fit each other.
 *
 * @throws FanfleetError `INVALID_INPUT` where one is not there, is not valid or does not fit; what `stream` throws otherwise
 */
export async function loadModel(files: ModelFiles, paths: ModelPaths): Promise<Model> {
  const { model, description = beside(model, '.json') } = paths;
  const classifier = checkClassifier(
    await expected('an ONNX model', model, readOnnx(files.stream(model), model)),
    model,
  );
  const said = await expected(
    'a JSON that says how the tensors of the model are made',
    description,
    readText(files, description),
  );
  const described = readDescription(said, description);
  const tensor = fitTensor(classifier, described, description);
  const found = await findLabels(files, paths);
  const labels = fitLabels(classifier, found?.labels ?? null, found?.path ?? model);
  return { classifier, tensor, channels: described.channels, labels };
}

async function findLabels(files: ModelFiles, { model, labels }: ModelPaths) {
  if (labels !== undefined) {
    const text = await expected('labels', labels, readText(files, labels));
    return { path: labels, labels: readLabels(text, labels) };
  }
  for (const path of [beside(model, '.labels.txt'), beside(model, '.labels.json')]) {
    const text = await ifThere(readText(files, path));
    if (text !== null) return { path, labels: readLabels(text, path) };
  }
  return null;
}

/** The path of a file beside a model: that of the model with another suffix. */
export function beside(model: string, suffix: string): string {
  return `${model.replace(/\.onnx$/i, '')}${suffix}`;
}

/** @throws FanfleetError `INVALID_INPUT` where it is too long; what `stream` throws */
export async function readText(files: ModelFiles, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of files.stream(path)) {
    bytes += chunk.length;
    if (bytes > MOST_TEXT) throw unusable(`Expected at most 16 MiB in ${path} but it has more.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws FanfleetError `INVALID_INPUT` where it is not there; what the reading throws otherwise */
export async function expected<T>(what: string, path: string, read: Promise<T>): Promise<T> {
  const found = await ifThere(read);
  if (found === null)
    throw unusable(`Expected ${what} at ${path} but it is not there: put it there, or correct the name.`);
  return found;
}

async function ifThere<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (reason) {
    if (reason instanceof FanfleetError && reason.code === 'OBJECT_NOT_FOUND') return null;
    throw reason;
  }
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
