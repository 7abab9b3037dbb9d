import { availableParallelism } from 'node:os';
import { FanfleetError } from '../../errors.ts';
import type { AssignedTotals } from '../native-addon.ts';
import { loadWasm } from './load-wasm.ts';
import { WasmPool } from './pool.ts';

/** For all centres, which change from one iteration to the next: threads are started when there is work for them. */
const pool = new WasmPool(availableParallelism(), loadWasm);

/**
 * Assign vectors on a thread of the pool, which prepares the centres anew: that is little beside some thousands of vectors.
 *
 * @param centres of each the count, and behind it `length` sums, in 64 bits each, the lowest byte first
 * @throws FanfleetError `OUT_OF_MEMORY`
 */
export async function assignByWasm(
  centres: Buffer,
  length: number,
  vectors: Buffer,
): Promise<AssignedTotals> {
  const answer = await pool.run({ kind: 'assign-to-centres', length }, [centres, vectors]);
  if (answer !== 'failed') return answer;
  const message =
    'Expected memory for centres and their vectors as WebAssembly, which has 4 GiB at most, but there is too little: npm run build:native, or assign fewer at once.';
  throw new FanfleetError('OUT_OF_MEMORY', message, { source: 'user' });
}
