import * as z from 'zod';
import { armSchema } from './arm.ts';
import type { Processor } from './processor.ts';

const ms = z.number().nonnegative();

/**
 * What is known of the difference between AWS's clock and another one, in milliseconds: what has to be added to a time
 * of the other clock lies between the two.
 */
export type ClockOffset = { readonly offsetLowMs: number; readonly offsetHighMs: number };

export const clockOffsetSchema = z.object({
  offsetLowMs: z.number(),
  offsetHighMs: z.number(),
}) satisfies z.ZodType<ClockOffset>;

export const processorSchema = z.object({
  name: z.string(),
  kind: z.string(),
}) satisfies z.ZodType<Processor>;

/**
 * What one batch took, measured by the worker that did it. Times are epoch milliseconds, durations milliseconds.
 * `getMs`, `decodeMs` and `computeMs` are summed over images; since images overlap, their sum may be more than
 * `endedAt - startedAt`. `processMs` and `loadMs` are wall time: the former while an image was being decoded or
 * scanned, the latter while the batch had nothing to decode and waited for bytes. `putMs` is the writing of the results,
 * and of normalised images the time in which there was nothing else to do.
 */
export const spanSchema = z.object({
  arm: armSchema,
  round: z.int().nonnegative(),
  /** Of a workload that has several; absent where it is a single map. */
  stage: z.int().nonnegative().optional(),
  /** The Lambda environment, or the instance and process. */
  worker: z.string(),
  /** The `name` of the kernel that did it. */
  kernel: z.string(),
  /** Of its host; null or absent where it is not known. */
  processor: processorSchema.nullish(),
  batch: z.int().nonnegative(),
  queuedAt: ms,
  startedAt: ms,
  endedAt: ms,
  /**
   * Start of the process to ready, in the first batch of a process; else 0. It lies before `startedAt`. Where a process
   * was there before its batches were, only what it did for them counts.
   */
  coldStartMs: ms,
  listMs: ms,
  getMs: ms,
  decodeMs: ms,
  computeMs: ms,
  putMs: ms,
  loadMs: ms,
  processMs: ms,
  items: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  /** Of the normalised images that were written; 0 for other workloads. */
  outputBytes: z.int().nonnegative(),
  errors: z.int().nonnegative(),
  /** Images of 16 bits, of which 8 were measured. */
  droppedBits: z.int().nonnegative(),
  /** Images that the kernel left to another one, by the name of that. */
  left: z.record(z.string(), z.int().nonnegative()),
  cpuMs: ms,
  rssPeakBytes: z.int().nonnegative(),
  billedMs: ms,
  /** GETs of images; the spans of Python workers do not tell. */
  gets: z.int().nonnegative().optional(),
  /** Images that a model could have at a time; absent where there was memory for as many as it was to have. */
  modelBatch: z.int().positive().optional(),
  /** S3's clock minus the worker's when the batch ended (docs/clocks.md); null where it is not known. */
  clock: clockOffsetSchema.nullable(),
});
export type Span = z.infer<typeof spanSchema>;

/**
 * Whether the pixels of a batch were in the memory of its worker: in a later stage, with nothing asked of S3. Of a batch whose items
 * were all refused nothing is asked either, and it has no pixels.
 */
export function isKept({
  stage = 0,
  gets,
  bytes,
  items,
  errors,
}: Pick<Span, 'stage' | 'gets' | 'bytes' | 'items' | 'errors'>): boolean {
  return stage > 0 && gets === 0 && bytes === 0 && errors < items;
}
