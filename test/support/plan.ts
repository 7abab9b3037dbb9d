import { layout } from '../../src/contract/layout.ts';
import type { Plan } from '../../src/contract/plan.ts';

/** The plan of a run with so many batches, each of ten images. */
export function planOf(runId: string, batches: number): Plan {
  const [items, bytes] = [10 * batches, 100 * batches];
  return {
    bucket: 'data',
    prefix: 'x/',
    manifestKey: layout.manifest(runId),
    ...{ batches, items, bytes, shards: 0, skipped: 1 },
    leftOut: [],
    notes: [],
    listMs: 7,
    requests: { lists: 1, gets: 0 },
    storageClasses: { STANDARD: { items, bytes, gets: items, listingGets: 0 } },
  };
}
