import { hash } from 'node:crypto';
import type { ObjectStore } from '../aws/object-store.ts';
import type { InputFile } from '../contract/inputs.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { inLabelOrder } from '../workloads/knn/label-order.ts';
import type { LabelSource } from '../workloads/knn/label-source.ts';
import { writeLabels } from '../workloads/knn/labels-file.ts';
import type { KnnParams } from '../workloads/knn/schema.ts';
import { writeTraining } from '../workloads/knn/training.ts';
import { type FindLabels, labelFinder } from './find-labels.ts';
import { type ImageKeys, imageKeys } from './image-keys.ts';
import { type DecodeOptions, TRAINING_BYTES, TrainingPixels } from './training-pixels.ts';

/** Images that are asked whose labels are found and held; of more than these none is. */
const LABELLED = 2_000_000;

export interface PrepareKnnOptions extends DecodeOptions {
  readonly runId: string;
  /** The run's own, under which the images that are asked are. */
  readonly prefix: string;
  readonly params: KnnParams;
  /** The bucket of the images, for files with their labels. */
  readonly files: Pick<ObjectStore, 'get' | 'stream'>;
  /** The bucket of the runs. */
  readonly store: Pick<ObjectStore, 'put' | 'putJson'>;
  /** The images to learn from, and those that are asked; each may be read again. */
  readonly items: () => AsyncIterable<Batch>;
  readonly asked: () => AsyncIterable<Batch>;
  /** Most bytes of pixels of the training set. @default 512 MiB */
  readonly mostBytes?: number;
}

/** What `prepare` tells of its work. */
export interface PreparedKnn {
  readonly images: number;
  readonly labels: number;
  readonly bytes: number;
}

/**
 * Make the training set of a run, and the labels of all images for its answer: `training.bin`, `labels.json`, and at last
 * `inputs.json`, which has their hashes. Made again, they are the same to the byte.
 *
 * @throws FanfleetError `INVALID_INPUT` where no image has a label or can be decoded, their sizes differ, there are fewer
 *   than `k`, or they take too much; as `runBatch` does, or S3's code
 */
export async function prepareKnn(options: PrepareKnnOptions): Promise<PreparedKnn> {
  const { runId, params, store, items } = options;
  const notes = new NoteLog();
  const { prefix } = options;
  const trainingPrefix = params.training ?? prefix;
  const learned = await imageKeys(items(), trainingPrefix, Number.POSITIVE_INFINITY);
  const asked = await imageKeys(options.asked(), prefix, LABELLED);
  if (asked.count > LABELLED) notes.add('ASKED_TOO_MANY', `${asked.count} images`);
  const source = sourceOf(params.labels, learned, params.training === undefined ? [asked] : []);
  expectBeside(source, [learned, asked]);
  const find = await labelFinder(source, { bucket: options.bucket, files: options.files, notes });
  const labels = await labelsOf(learned, find);
  if (labels.size === 0) throw noLabels(source, learned.keys);
  for (const key of learned.keys) if (!labels.has(key)) notes.add('TRAINING_NOT_LABELLED', key);

  const training = new TrainingPixels(options, notes, options.mostBytes ?? TRAINING_BYTES);
  for await (const { objects } of items()) {
    await training.add(objects.filter(({ key }) => labels.has(key)));
  }
  const { keys } = training;
  const set = training.finish();
  if (params.k > keys.length) throw tooFew(params.k, keys.length);
  const order = inLabelOrder(keys.map((key) => labels.get(key) ?? ''));
  const placeOf = new Map(order.map((label, place) => [label, place]));
  if (order.length === 1) notes.add('TRAINING_ONE_LABEL', order[0] ?? '');
  const labelOf = Uint32Array.from(keys, (key) => placeOf.get(labels.get(key) ?? '') ?? 0);
  const file = writeTraining({ ...set, labels: order, labelOf });

  const known = await labelsOf(asked, find);
  for (const key of asked.keys) {
    if (!known.has(key)) notes.add('ASKED_NOT_LABELLED', key);
    if (params.training !== undefined && labels.has(key)) notes.add('ASKED_LEARNED', key);
  }
  const text = writeLabels({ ...set, labels: order, labelOf }, keys, known);
  await store.putJson(layout.inputs(runId), {
    training: await put('training.bin', file, 'application/octet-stream'),
    labels: await put('labels.json', text, 'application/json'),
    notes: notes.list(),
  });
  return { images: keys.length, labels: order.length, bytes: file.length };

  async function put(name: string, body: Buffer, contentType: string): Promise<InputFile> {
    const sha256 = hash('sha256', body, 'hex');
    // By its hash: of two tries at once neither takes the place of what the other's list names.
    const key = layout.inputFile(runId, `${sha256.slice(0, 16)}-${name}`);
    await store.put(key, body, contentType);
    return { key, sha256, bytes: body.length };
  }
}

type Source = Exclude<LabelSource, 'auto'>;

/**
 * Where labels are found: with `auto` by folders where every image to learn from lies in one, and not all in one of the same name, which
 * tells none from another; else by name.
 *
 * @param others images that were divided from those
 */
function sourceOf(asked: LabelSource, learned: ImageKeys, others: readonly ImageKeys[]): Source {
  if (asked !== 'auto') return asked;
  const folders = new Set([learned, ...others].flatMap((set) => [...new Set(set.folders)]));
  return folders.size > 1 && !learned.folders.includes(null) ? 'folder' : 'name';
}

/** Members of tars have no JSON beside them. */
function expectBeside(source: Source, sets: readonly ImageKeys[]): void {
  const inTar = sets.map((set) => set.inTar).find((key) => key !== null);
  if (source !== 'json' || inTar === undefined) return;
  throw unusable(
    `Expected images with their JSON beside them but ${inTar} is in a tar: unpack it, or have the labels in a CSV.`,
  );
}

async function labelsOf(images: ImageKeys, find: FindLabels): Promise<Map<string, string>> {
  const { keys } = images;
  const labels = await find(images);
  const known = new Map<string, string>();
  for (const [index, key] of keys.entries()) {
    const label = labels[index] ?? null;
    if (label !== null) known.set(key, label);
  }
  return known;
}

const PLACES: Readonly<Record<string, string>> = {
  folder: 'the names of the folders that they lie in',
  name: 'what stands between the last `-` of their names and the suffix',
  json: 'the field `label` of the JSON beside each',
};

function noLabels(source: Source, keys: readonly string[]): FanfleetError {
  const place = PLACES[source] ?? `the column \`label\` of ${source}`;
  return unusable(
    `Expected labels of the images to learn from, ${place}, but none of ${keys.length} has one, first ${keys[0]}: say by \`labels\` where they are ("folder", "name", "json", or the key of a CSV).`,
  );
}

function tooFew(k: number, images: number): FanfleetError {
  return unusable(
    `Expected at least as many images to learn from as vote, ${k}, but there are ${images} that can be used: learn from more, or take a smaller \`k\`.`,
  );
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
