import { MAX_BATCH_JSON_BYTES, TARGET_BYTES } from '../plan/cut.ts';
import type { ArmRound, Summary } from '../report/summary-schema.ts';

/** What a bill is made of: what summary.json says of a run. */
export type RunFacts = Pick<
  Summary,
  'startedAt' | 'endedAt' | 'request' | 'plan' | 'environment' | 'baseline'
> & { readonly rounds: readonly { readonly round: number; readonly arms: readonly ArmRound[] }[] };

/** No lifecycle rule removes what a run leaves (resources/storage.yml): its first month is billed. */
export const STORED_DAYS = 30;

/** Bytes of an image in a manifest: key, size, ETag and the names of the fields. */
export const MANIFEST_BYTES_PER_IMAGE = 150;

/**
 * Batches that `plan` would cut so many images like those of a run into: as many as its caps need, which is what counts
 * where there are far more than workers.
 */
export function batchesFor({ plan, request }: Pick<RunFacts, 'plan' | 'request'>, images: number): number {
  const bytesPerImage = plan.bytes / Math.max(1, plan.images);
  const byBytes = Math.floor(TARGET_BYTES / Math.max(1, bytesPerImage));
  const byJson = Math.floor(MAX_BATCH_JSON_BYTES / MANIFEST_BYTES_PER_IMAGE);
  return Math.ceil(images / Math.max(1, Math.min(request.batchSize, byBytes, byJson)));
}

/** PUTs of each batch: the result, the span, and the histogram where that is the operation. */
export function putsPerBatch({ operation }: RunFacts['request']): number {
  return operation === 'histogram' ? 3 : 2;
}

/** PUTs of normalised images. */
export function normalisedPuts({ operation }: RunFacts['request'], round: ArmRound): number {
  return operation === 'normalise' ? round.images - round.failedImages : 0;
}
