import { FanfleetError } from '../../errors.ts';
import type { AssignedTotals } from '../native-addon.ts';
import { sharedPool } from './shared-pool.ts';

/** Of vectors that a thread is given at once: one whose memory has grown too large is not kept for the next. */
const PART_BYTES = 16 * 1024 * 1024;

/**
 * Assign vectors, one part after the other, on threads that prepare the centres anew: that is little beside some thousands of
 * vectors.
 *
 * @param centres of each the count, and behind it `length` sums, in 64 bits each, the lowest byte first
 * @throws FanfleetError `OUT_OF_MEMORY`
 */
export async function assignByWasm(
  centres: Buffer,
  length: number,
  vectors: Buffer,
): Promise<AssignedTotals> {
  const part = length * Math.max(1, Math.floor(PART_BYTES / length));
  const { labels, totals } = await assignPart(centres, length, vectors.subarray(0, part));
  if (vectors.length <= part) return { labels, totals };
  const all = new Uint32Array(vectors.length / length);
  all.set(labels);
  for (let at = part; at < vectors.length; at += part) {
    const next = await assignPart(centres, length, vectors.subarray(at, at + part));
    all.set(next.labels, at / length);
    for (const [index, total] of next.totals.entries()) totals[index] = (totals[index] ?? 0) + total;
  }
  return { labels: all, totals };
}

async function assignPart(centres: Buffer, length: number, vectors: Buffer): Promise<AssignedTotals> {
  const answer = await sharedPool.run({ kind: 'assign-to-centres', length }, [centres, vectors]);
  if (answer !== 'failed') return answer;
  const message =
    'Expected memory for centres and vectors as WebAssembly but there is too little: npm run build:native, or have fewer threads at once.';
  throw new FanfleetError('OUT_OF_MEMORY', message, { source: 'user' });
}
