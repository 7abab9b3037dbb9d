import { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { MOST_LENGTH } from '../kernel/nearest.ts';
import { writeLabels } from '../workloads/knn/labels-file.ts';
import type { KnnParams } from '../workloads/knn/schema.ts';
import { writeTraining } from '../workloads/knn/training.ts';
import { inLabelOrder } from '../workloads/labels/label-order.ts';
import { imageKeys } from './image-keys.ts';
import { ImageLabels, MOST_LABELLED, noLabels, settledSource } from './image-labels.ts';
import { heldOfKnn } from './knn-room.ts';
import { type ImageWords, OneSizePixels } from './one-size-pixels.ts';
import type { Prepared, PrepareOptions } from './options.ts';
import { putInputs } from './put-inputs.ts';

const WORDS: ImageWords = {
  images: 'images to learn from',
  all: 'the training set',
  fewer: 'learn from fewer or smaller images',
  smaller: 'scale all images down, e.g. to 128 x 128',
  notRead: 'TRAINING_NOT_READ',
};

export interface PrepareKnnOptions extends PrepareOptions {
  /** Most bytes of pixels of the training set. @default 512 MiB */
  readonly mostBytes?: number;
}

/**
 * Make the training set of a run, and the labels of all images for its answer: `training.bin` and `labels.json`.
 *
 * @throws FanfleetError `INVALID_INPUT` where no image has a label or can be decoded, their sizes differ, there are fewer
 *   than `k`, they take too much, also for the memory of the workers, or there are too many labels; as `runBatch` does, or S3's code
 */
export async function prepareKnn(params: KnnParams, options: PrepareKnnOptions): Promise<Prepared> {
  const { bucket, files, prefix } = options;
  const notes = new NoteLog();
  const learned = await imageKeys(options.training(), params.training ?? prefix, Number.POSITIVE_INFINITY);
  const asked = await imageKeys(options.manifest(), prefix, MOST_LABELLED);
  if (asked.count > MOST_LABELLED) notes.add('ASKED_TOO_MANY', `${asked.count} images`);
  const source = settledSource(params.labels, learned, params.training === undefined ? [asked] : []);
  const found = await ImageLabels.from(source, [learned, asked], { bucket, files, notes });
  const labels = await found.of(learned);
  if (labels.size === 0) throw noLabels('the images to learn from', source, learned.keys);
  for (const key of learned.keys) if (!labels.has(key)) notes.add('TRAINING_NOT_LABELLED', key);
  const known = await found.of(asked);
  for (const key of asked.keys) {
    if (!known.has(key)) notes.add('ASKED_NOT_LABELLED', key);
    if (params.training !== undefined && labels.has(key)) notes.add('ASKED_LEARNED', key);
  }

  const pixels = new OneSizePixels({ ...options, words: WORDS, mostLength: MOST_LENGTH }, notes);
  for await (const { objects } of options.training()) {
    await pixels.add(objects.filter(({ key }) => labels.has(key)));
  }
  const { keys } = pixels;
  const images = pixels.finish();
  if (params.k > keys.length) throw tooFew(params.k, keys.length);
  const order = inLabelOrder(keys.map((key) => labels.get(key) ?? ''));
  const placeOf = new Map(order.map((label, place) => [label, place]));
  if (order.length === 1) notes.add('TRAINING_ONE_LABEL', order[0] ?? '');
  const labelOf = Uint32Array.from(keys, (key) => placeOf.get(labels.get(key) ?? '') ?? 0);
  const set = { ...images, labels: order, labelOf };
  const text = writeLabels(set, keys, known);
  const file = writeTraining(set);
  options.expectRoom?.(heldOfKnn(file.length));
  await putInputs(
    options.store,
    options.runId,
    {
      training: { name: 'training.bin', body: file, contentType: 'application/octet-stream' },
      labels: { name: 'labels.json', body: text, contentType: 'application/json' },
    },
    notes.list(),
  );
  return { images: keys.length, labels: order.length, bytes: file.length };
}

function tooFew(k: number, images: number): FanfleetError {
  const message = `Expected at least as many images to learn from as vote, ${k}, but there are ${images} that can be used: learn from more, or take a smaller \`k\`.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
