/** To a thread: the file of the model first, and then one batch after the other. Buffers are handed over, and not copied. */
export type ToThread =
  | { readonly model: Uint8Array }
  | { readonly data: Float32Array | Uint8Array; readonly dims: readonly number[] };

/** What a thread starts with. */
export interface ThreadData {
  /** Where onnxruntime-node is. */
  readonly library: string;
  /** Names in the graph. */
  readonly input: string;
  readonly output: string;
}

/** From it: that the session is made; what a batch came to, with the buffer that it came in; or why there is none. */
export type FromThread =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      readonly values: Float32Array;
      readonly dims: readonly number[];
      readonly type: string;
      readonly buffer: ArrayBuffer;
    }
  | { readonly kind: 'failed'; readonly message: string };

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
async function begin(model) {
  ort = require(workerData.library);
  session = await ort.InferenceSession.create(model, options);
  parentPort.postMessage({ kind: 'ready' });
}
async function run(data, dims) {
  const type = data instanceof Uint8Array ? 'uint8' : 'float32';
  const fed = { [workerData.input]: new ort.Tensor(type, data, dims) };
  const output = (await session.run(fed, [workerData.output]))[workerData.output];
  const { buffer } = data;
  parentPort.postMessage(
    { kind: 'done', values: output.data, dims: output.dims, type: output.type, buffer },
    [buffer],
  );
}
parentPort.on('message', ({ model, data, dims }) => {
  const work = model === undefined ? run(data, dims) : begin(model);
  work.catch((reason) => parentPort.postMessage({ kind: 'failed', message: String(reason?.message ?? reason) }));
});
`;
