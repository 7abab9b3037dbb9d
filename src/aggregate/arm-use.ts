import * as z from 'zod';
import type { Batch } from '../contract/manifest.ts';
import type { Span } from '../contract/span.ts';
import { cutIntoReads, readable, SLICE_BYTES } from '../dataset/reads.ts';

/** What an arm used of AWS, as far as its batches tell: what its bill is made of. */
export const armUseSchema = z.object({
  /** GETs of items. */
  gets: z.int().nonnegative(),
  /**
   * Milliseconds of the Express executions of its batches: from when the batch was given out to its end, each rounded
   * up to 100.
   */
  expressMs: z.number().nonnegative(),
  /** Of the results, the spans and the normalised images. */
  storedBytes: z.int().nonnegative(),
});
export type ArmUse = z.infer<typeof armUseSchema>;

/** AWS bills an Express execution in steps of this. */
const EXPRESS_STEP_MS = 100;

/** GETs that the items of a batch take, unless they are there already. */
export function readsOfBatch({ objects }: Batch): number {
  return cutIntoReads(readable(objects), SLICE_BYTES).length;
}

/** Adds up batches as they come. */
export class UseCounter {
  readonly #totals = { gets: 0, expressMs: 0, storedBytes: 0 };

  /**
   * @param reads GETs that its items take, where the span does not tell: those of Python workers do not
   * @param bytes of the batch's result and span
   */
  add(reads: number, span: Span, bytes: number): void {
    const totals = this.#totals;
    totals.gets += span.gets ?? reads;
    // Clocks of two services: a batch cannot have begun before it was given out.
    const ms = Math.max(0, span.endedAt - Math.min(span.queuedAt, span.startedAt));
    totals.expressMs += Math.ceil(ms / EXPRESS_STEP_MS) * EXPRESS_STEP_MS;
    totals.storedBytes += bytes + span.outputBytes;
  }

  totals(): ArmUse {
    return { ...this.#totals };
  }
}
