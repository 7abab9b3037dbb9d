/** Images of a shard, and what is to be learnt of them. */
export interface Lesson {
  /** Places of the images that steps take, 32 for each, and the class of each of these. */
  readonly order: Int32Array;
  readonly truth: Int32Array;
  readonly rate: number;
  readonly momentum: number;
}

/** To a thread: the graphs first, and then one shard after the other. */
export type ToThread =
  | { readonly training: Uint8Array; readonly evaluation: Uint8Array }
  | {
      readonly values: Float32Array;
      readonly images: Uint8Array;
      /** Bytes of an image. */
      readonly length: number;
      readonly classes: number;
      readonly lesson: Lesson | null;
    };

/** From it: that it is ready; what a shard came to; or why it came to nothing. */
export type FromThread =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'done' } & Learnt)
  | { readonly kind: 'failed'; readonly message: string };

export interface Learnt {
  /** The class that each image is taken for by the values at the beginning: of as high scores the first. */
  readonly labels: Int32Array;
  /** Of each step, before it. */
  readonly losses: Float64Array;
  /** After the steps; null without a lesson. */
  readonly values: Float32Array | null;
}

/**
 * What a thread runs: sessions with the options by which the same graph gives the same bits everywhere on one kind of processor
 * (docs/models.md). As a text, since it has to be found in a bundle as well. ec2-workers/fanfleet/workloads/cnn.py does the same.
 */
export const THREAD_SOURCE = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const BATCH = 32;
const options = {
  executionProviders: ['cpu'], graphOptimizationLevel: 'all', executionMode: 'sequential',
  intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3,
};
let ort;
let sessions;
async function open({ training, evaluation }) {
  ort = require(workerData.library);
  const [learn, see] = [await ort.InferenceSession.create(training, options), await ort.InferenceSession.create(evaluation, options)];
  sessions = { learn, see };
  parentPort.postMessage({ kind: 'ready' });
}
const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);
const float = (values, shape) => new ort.Tensor('float32', values, shape);
function imagesOf({ images, length }, shape, placeOf) {
  const taken = new Uint8Array(BATCH * length);
  for (let at = 0; at < BATCH; at += 1) {
    const from = placeOf(at) * length;
    taken.set(images.subarray(from, from + length), at * length);
  }
  return new ort.Tensor('uint8', taken, shape);
}
async function labelsOf(work, values, shape) {
  const count = work.images.length / work.length;
  const labels = new Int32Array(count);
  for (let begin = 0; begin < count; begin += BATCH) {
    const own = Math.min(BATCH, count - begin);
    const images = imagesOf(work, shape, (at) => begin + (at % own));
    const { data, dims } = (await sessions.see.run({ ...values, images })).logits;
    for (let at = 0; at < own; at += 1) {
      const scores = data.subarray(at * dims[1], at * dims[1] + work.classes);
      labels[begin + at] = scores.reduce((best, score, place) => (score > scores[best] ? place : best), 0);
    }
  }
  return labels;
}
async function learnt(work, values, shape) {
  const { order, truth, rate, momentum } = work.lesson;
  const speeds = {};
  for (const { name, shape } of sessions.learn.inputMetadata) {
    if (name.startsWith('speed.')) speeds[name] = float(new Float32Array(sizeOf(shape)), shape);
  }
  const { shape: [classes] } = sessions.learn.inputMetadata.find(({ name }) => name === 'absent');
  const absent = float(Float32Array.from({ length: classes }, (_, place) => (place < work.classes ? 0 : -1e9)), [classes]);
  const fixed = { absent, rate: float([rate], []), momentum: float([momentum], []) };
  const losses = new Float64Array(order.length / BATCH);
  for (let step = 0; step < losses.length; step += 1) {
    const from = step * BATCH;
    const images = imagesOf(work, shape, (at) => order[from + at]);
    const classesOf = new ort.Tensor('int32', truth.slice(from, from + BATCH), [BATCH]);
    const next = await sessions.learn.run({ ...values, ...speeds, ...fixed, images, truth: classesOf });
    losses[step] = next.loss.data[0];
    for (const name of Object.keys(values)) values[name] = next['next.' + name];
    for (const name of Object.keys(speeds)) speeds[name] = next['next.' + name];
  }
  return losses;
}
async function run(work) {
  const values = {};
  let shape;
  let at = 0;
  for (const input of sessions.see.inputMetadata) {
    if (input.name === 'images') {
      shape = input.shape;
      continue;
    }
    const end = at + sizeOf(input.shape);
    values[input.name] = float(work.values.slice(at, end), input.shape);
    at = end;
  }
  if (at !== work.values.length) throw new Error('there are ' + work.values.length + ' values and not ' + at);
  const names = Object.keys(values);
  const labels = await labelsOf(work, values, shape);
  if (work.lesson === null) {
    parentPort.postMessage({ kind: 'done', labels, losses: new Float64Array(0), values: null });
    return;
  }
  const losses = await learnt(work, values, shape);
  const all = new Float32Array(at);
  at = 0;
  for (const name of names) {
    all.set(values[name].data, at);
    at += values[name].data.length;
  }
  parentPort.postMessage({ kind: 'done', labels, losses, values: all }, [all.buffer]);
}
parentPort.on('message', (message) => {
  const work = message.training === undefined ? run(message) : open(message);
  work.catch((reason) => parentPort.postMessage({ kind: 'failed', message: String(reason?.message ?? reason) }));
});
`;
