import { expectedBatches } from '../plan/batch-counts.ts';
import type { ArmRound, Summary } from '../report/summary-schema.ts';

/** What a bill is made of: what summary.json says of a run. */
export type RunFacts = Pick<
  Summary,
  'startedAt' | 'endedAt' | 'request' | 'plan' | 'environment' | 'baseline'
> & { readonly rounds: readonly { readonly round: number; readonly arms: readonly ArmRound[] }[] };

/** No lifecycle rule removes what a run leaves (resources/storage.yml): its first month is billed. */
export const STORED_DAYS = 30;

/** Batches that `plan` would cut so many images like those of a run into. */
export function batchesFor({ plan, request }: Pick<RunFacts, 'plan' | 'request'>, images: number): number {
  return expectedBatches({ ...request, images, bytesPerImage: plan.bytes / Math.max(1, plan.images) });
}

/** PUTs of normalised images. */
export function normalisedPuts({ operation }: RunFacts['request'], round: ArmRound): number {
  return operation === 'normalise' ? round.images - round.failedImages : 0;
}
