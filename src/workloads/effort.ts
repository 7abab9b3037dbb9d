import type { WorkloadName } from './names.ts';

/** What a workload takes beside reading its images: for the model and the bill. */
export interface Effort {
  /** CPU time of an image beside that of `statistics`. */
  readonly cpu: number;
  /** PUTs of a batch: the result, the span, and what there is once for a batch. */
  readonly putsPerBatch: number;
  /** Files written for each image that could be done. */
  readonly putsPerImage: number;
}

/**
 * CPU time is that of docs/performance.md (write-back as PNG 8.5, as JPEG 1.9 ms) and docs/dataset-statistics.md (histogram).
 */
export const EFFORTS: Readonly<Record<WorkloadName, Effort>> = {
  statistics: { cpu: 1, putsPerBatch: 2, putsPerImage: 0 },
  histogram: { cpu: 1.18, putsPerBatch: 3, putsPerImage: 0 },
  normalise: { cpu: 6.9, putsPerBatch: 2, putsPerImage: 1 },
};
