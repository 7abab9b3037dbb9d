import type { WasmInstance } from './instance.ts';
import type { NearestAnswer, NearestJob } from './messages.ts';
import { type Input, Scratch } from './scratch.ts';

/** Prepare the training set that the input is, or find the nearest of the queries that it is. */
export function runNearestJob(
  wasm: WasmInstance,
  { address, lengths: [bytes = 0] }: Input,
  job: NearestJob,
): NearestAnswer {
  if (job.kind === 'prepare-nearest') {
    const training = wasm.calls.fanfleet_nearest_prepare(address, bytes / job.length, job.length) >>> 0;
    if (training === 0) return 'failed';
    wasm.training = { address: training, length: job.length };
    return 'prepared';
  }
  if (wasm.training === undefined) return 'failed';

  using scratch = new Scratch(wasm);
  const queries = bytes / wasm.training.length;
  const found = queries * job.k;
  const indices = scratch.take(4 * found);
  const distances = scratch.take(4 * found);
  wasm.calls.fanfleet_nearest_find(wasm.training.address, address, queries, job.k, indices, distances);
  const copy = (from: number) => new Uint32Array(wasm.calls.memory.buffer, from, found).slice();
  return { indices: copy(indices), distances: copy(distances) };
}
