import type { WasmInstance } from './instance.ts';
import type { CentresAnswer, CentresJob } from './messages.ts';
import { type Input, Scratch } from './scratch.ts';

/** Assign vectors, the second piece of the input, to centres, the first one. */
export function runCentresJob(
  wasm: WasmInstance,
  { address, lengths: [bytesOfCentres = 0, bytes = 0] }: Input,
  { length }: CentresJob,
): CentresAnswer {
  const count = bytesOfCentres / (8 * (1 + length));
  const centres = wasm.calls.fanfleet_centres_prepare(address, count, length) >>> 0;
  if (centres === 0) return 'failed';

  using scratch = new Scratch(wasm);
  const vectors = bytes / length;
  const labels = scratch.take(Math.max(1, 4 * vectors));
  const totals = scratch.take(8 * count * (length + 2));
  wasm.calls.fanfleet_centres_assign(centres, address + bytesOfCentres, vectors, labels, totals);
  wasm.calls.fanfleet_centres_release(centres);
  return {
    labels: new Uint32Array(wasm.calls.memory.buffer, labels, vectors).slice(),
    totals: Float64Array.from(
      new BigUint64Array(wasm.calls.memory.buffer, totals, count * (length + 2)),
      Number,
    ),
  };
}
