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
    const { training, length } = job;
    const count = bytes / length;
    const prepared = wasm.calls.fanfleet_nearest_prepare(address, count, length) >>> 0;
    if (prepared === 0) return 'failed';
    // As it came; and as it was prepared, in steps of four bytes, and a number for each vector.
    const taken = bytes + 4 * count * (Math.ceil(length / 4) + 1);
    wasm.trainings.set(training, { address: prepared, length, taken });
    return 'prepared';
  }
  const training = wasm.trainings.get(job.training);
  if (training === undefined) return 'failed';

  using scratch = new Scratch(wasm);
  const queries = bytes / training.length;
  const found = queries * job.k;
  const indices = scratch.take(4 * found);
  const distances = scratch.take(4 * found);
  wasm.calls.fanfleet_nearest_find(training.address, address, queries, job.k, indices, distances);
  const copy = (from: number) => new Uint32Array(wasm.calls.memory.buffer, from, found).slice();
  return { indices: copy(indices), distances: copy(distances) };
}

/** Free a training set. One that was not prepared here is none. */
export function releaseTraining(wasm: WasmInstance, number: number): void {
  const training = wasm.trainings.get(number);
  if (training === undefined) return;
  wasm.trainings.delete(number);
  wasm.calls.fanfleet_nearest_release(training.address);
}
