import type { DatasetObject } from '../contract/manifest.ts';
import { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { EvenSample } from '../plan/even-sample.ts';
import { isAsked } from '../plan/split.ts';
import { MOST_CLASSES } from '../workloads/cnn/params.ts';
import type { CnnParams } from '../workloads/cnn/schema.ts';
import { writeState } from '../workloads/cnn/state.ts';
import { type Truth, writeTruth } from '../workloads/cnn/truth-file.ts';
import { inLabelOrder } from '../workloads/labels/label-order.ts';
import { heldOfCnn } from './cnn-room.ts';
import { decodeImages } from './decode-images.ts';
import { type ImageKeys, imageKeys } from './image-keys.ts';
import { ImageLabels, noLabels, settledSource } from './image-labels.ts';
import type { Prepared, PrepareOptions } from './options.ts';
import { putInputs } from './put-inputs.ts';
import { firstValues, graphsOf, SIDES } from './training-graphs.ts';

/** Images that are decoded to find out their size. */
const SAMPLE = 16;
/** Images of a run: every worker has the labels of all of them. */
const MOST_IMAGES = 500_000;

/**
 * Make the values that a network begins with, its graphs, and what images are: `start.json`, `training.onnx`, `evaluation.onnx` and
 * `truth.json`.
 *
 * @throws FanfleetError `INVALID_INPUT` where images have another size than there are graphs for, too few or too many labels, none is left to
 *   learn from, or the memory of workers is too small; as `runBatch` does, or S3's code
 */
export async function prepareCnn(params: CnnParams, options: PrepareOptions): Promise<Prepared> {
  const { prefix } = options;
  const notes = new NoteLog();
  const images = await imageKeys(options.manifest(), prefix, MOST_IMAGES);
  if (images.count > MOST_IMAGES) {
    throw unusable(
      `Expected at most ${count(MOST_IMAGES)} images but there are ${count(images.count)}: train with those of a narrower prefix.`,
    );
  }
  if (params.ask >= images.count) {
    throw unusable(
      `Expected \`ask\` to be less than the ${count(images.count)} images under ${prefix}, so that some are left to learn from, but it is ${count(params.ask)}: ask fewer.`,
    );
  }
  const side = await sideOf(options);
  const truth = await truthOf(params, images, options, notes);
  for await (const { batch, objects } of options.manifest()) {
    const places = new Set(objects.flatMap(({ key }) => truth.train[key] ?? []));
    if (places.size === 1 && objects.length > 1) notes.add('SHARDS_UNALIKE', `batch ${batch}`);
  }
  const graphs = graphsOf(params.network, side);
  const values = firstValues(graphs, params.seed);
  options.expectRoom?.(heldOfCnn(values.length, params.network, side));
  const start = Buffer.from(writeState({ side, classes: truth.classes.length, found: null, values }));
  const [json, onnx] = ['application/json', 'application/octet-stream'];
  await putInputs(
    options.store,
    options.runId,
    {
      start: { name: 'start.json', body: start, contentType: json },
      training: { name: 'training.onnx', body: graphs.training, contentType: onnx },
      evaluation: { name: 'evaluation.onnx', body: graphs.evaluation, contentType: onnx },
      truth: { name: 'truth.json', body: writeTruth(truth), contentType: json },
    },
    notes.list(),
  );
  return { images: Object.keys(truth.train).length, labels: truth.classes.length, bytes: start.length };
}

/** The width and height of most of some images. */
async function sideOf(options: PrepareOptions): Promise<number> {
  const sample = new EvenSample<DatasetObject>(SAMPLE);
  for await (const { objects } of options.manifest()) for (const object of objects) sample.add(object);
  const { decoded, failed } = await decodeImages(sample.items, options, () => false);
  const bySize = Map.groupBy(decoded, ({ width, height }) => `${width} x ${height}`);
  const [most] = [...bySize.values()].sort((a, b) => b.length - a.length);
  const first = most?.[0];
  if (first === undefined) {
    const [one] = failed;
    throw unusable(
      `Expected images that can be decoded but none of ${failed.length} can, first ${one?.key}: ${one?.error.message}: correct the prefix, or replace them.`,
    );
  }
  const { key, width, height } = first;
  if (width === height && SIDES.includes(width)) return width;
  const sizes = SIDES.map((side) => `${side} x ${side}`).join(', ');
  throw unusable(
    `Expected images of one of ${sizes} pixels but ${key} is ${width} x ${height}: scale all images to one of these.`,
  );
}

async function truthOf(
  { ask, labels: asked }: CnnParams,
  images: ImageKeys,
  { bucket, files }: PrepareOptions,
  notes: NoteLog,
): Promise<Truth> {
  const source = settledSource(asked, images);
  const labels = await (await ImageLabels.from(source, [images], { bucket, files, notes })).of(images);
  if (labels.size === 0) throw noLabels('the images', source, images.keys);
  const isTest = (place: number) => isAsked(place, ask, images.count);
  const labelOf = images.keys.map((key) => labels.get(key) ?? null);
  const classes = inLabelOrder(
    labelOf.filter((label, place) => label !== null && !isTest(place)) as string[],
  );
  if (classes.length < 2 || classes.length > MOST_CLASSES) {
    throw unusable(
      `Expected 2 to ${MOST_CLASSES} labels of images to learn from but there are ${count(classes.length)}: say by \`labels\` where they are ("folder", "name", "json", or the key of a CSV), or take other images.`,
    );
  }
  const places = new Map(classes.map((label, place) => [label, place]));
  const [train, test]: [[string, number][], [string, number][]] = [[], []];
  for (const [place, key] of images.keys.entries()) {
    const label = labelOf[place] ?? null;
    const own = label === null ? undefined : places.get(label);
    if (own !== undefined) (isTest(place) ? test : train).push([key, own]);
    else notes.add(label === null ? 'TRAINING_NOT_LABELLED' : 'CLASSES_NOT_LEARNED', key);
  }
  return { classes, train: Object.fromEntries(train), test: Object.fromEntries(test) };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
