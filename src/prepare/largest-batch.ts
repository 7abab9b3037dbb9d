import type { Batch } from '../contract/manifest.ts';

/** Images of the largest batch of a manifest; 0 where there is none. */
export async function largestBatch(manifest: AsyncIterable<Batch>): Promise<number> {
  let most = 0;
  for await (const { objects } of manifest) most = Math.max(most, objects.length);
  return most;
}
