/** What the model gave for a part of a batch: of another type than float32 its values are others. */
export interface ThreadOutput {
  readonly values: Float32Array;
  readonly dims: readonly number[];
  readonly type: string;
}

/** To a thread: the file of the model first, and then one batch after the other. Buffers are handed over, and not copied. */
export type ToThread =
  | { readonly model: Uint8Array }
  | {
      readonly data: Float32Array | Uint8Array;
      readonly dims: readonly number[];
      /** So many images of it the model is to have at a time. */
      readonly atOnce: number;
    };

/** What a thread starts with. */
export interface ThreadData {
  /** Where onnxruntime-node is. */
  readonly library: string;
  /** Texts, one of which is in each error of ONNX Runtime that says that memory did not suffice. */
  readonly memoryErrors: readonly string[];
  /** Names in the graph. */
  readonly input: string;
  readonly output: string;
}

/**
 * From it: that the session is made; what the parts of a batch came to, with the buffer that it came in; or why there is none, and
 * whether that is for want of memory.
 */
export type FromThread =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      readonly outputs: readonly ThreadOutput[];
      readonly buffer: ArrayBuffer;
      readonly ms: number;
      /** So many images the model had at a time in the end: fewer than asked for where memory did not suffice. */
      readonly atOnce: number;
    }
  | { readonly kind: 'failed'; readonly message: string; readonly isMemory: boolean };

/**
 * What a thread runs: a session with the options by which an answer depends on nothing but the image (docs/models.md). As a text,
 * since it has to be found in a bundle as well.
 */
export const THREAD_SOURCE = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const options = {
  executionProviders: ['cpu'], graphOptimizationLevel: 'all', executionMode: 'sequential',
  intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3,
};
let ort;
let session;
const textOf = (reason) => String(reason?.message ?? reason);
const isMemory = (reason) => workerData.memoryErrors.some((text) => textOf(reason).includes(text));
async function begin(model) {
  ort = require(workerData.library);
  session = await ort.InferenceSession.create(model, options);
  parentPort.postMessage({ kind: 'ready' });
}
async function run(data, [images, ...shape], atOnce) {
  const type = data instanceof Uint8Array ? 'uint8' : 'float32';
  const length = data.length / images;
  const started = performance.now();
  const outputs = [];
  let first = 0;
  while (first < images) {
    const end = Math.min(first + atOnce, images);
    const part = new ort.Tensor(type, data.subarray(first * length, end * length), [end - first, ...shape]);
    try {
      const found = (await session.run({ [workerData.input]: part }, [workerData.output]))[workerData.output];
      outputs.push({ values: found.data, dims: found.dims, type: found.type });
      first = end;
    } catch (reason) {
      if (end - first === 1 || !isMemory(reason)) throw reason;
      atOnce = Math.floor((end - first) / 2);
    }
  }
  const ms = performance.now() - started;
  const { buffer } = data;
  parentPort.postMessage({ kind: 'done', outputs, buffer, ms, atOnce }, [buffer]);
}
parentPort.on('message', ({ model, data, dims, atOnce }) => {
  const work = model === undefined ? run(data, dims, atOnce) : begin(model);
  work.catch((reason) => parentPort.postMessage({ kind: 'failed', message: textOf(reason), isMemory: isMemory(reason) }));
});
`;
