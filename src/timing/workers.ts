import * as z from 'zod';
import { addLeft, type LeftImages, programName } from '../contract/one-kernel.ts';
import type { Processor } from '../contract/processor.ts';
import { isKept, processorSchema, type Span } from '../contract/span.ts';

export const workerShareSchema = z.object({
  worker: z.string(),
  batches: z.int().nonnegative(),
  items: z.int().nonnegative(),
  /** Part of the arm's items, 0 to 1. */
  share: z.number().min(0).max(1),
  /** Sum of the wall times of its batches; a worker that does several at once can pass the arm's wall time. */
  busyMs: z.number().nonnegative(),
});

/** Batches of later stages that were in the memory of their workers. Times are sums over them. */
export const keptTotalsSchema = z.object({
  batches: z.int().nonnegative(),
  items: z.int().nonnegative(),
  processMs: z.number().nonnegative(),
  cpuMs: z.number().nonnegative(),
});

export const workTotalsSchema = z.object({
  spans: z.int().nonnegative(),
  cpuMs: z.number().nonnegative(),
  billedMs: z.number().nonnegative(),
  /** Highest resident set of any one worker process. */
  rssPeakBytes: z.int().nonnegative(),
  coldStarts: z.int().nonnegative(),
  coldStartMs: z.number().nonnegative(),
  /** The kernels that measured, sorted by name; each with those that it left items to (`programName`). */
  kernels: z.array(z.string()),
  /** What its batches were done on, as far as that is known, most batches first; absent in summaries of earlier versions. */
  processors: z.array(processorSchema.extend({ batches: z.int().positive() })).optional(),
  /** The fewest images that a model could have at a time, as spans say; absent where memory always sufficed. */
  modelBatch: z.int().positive().optional(),
  /** Of normalised images. */
  outputBytes: z.int().nonnegative(),
  /** Of all GETs together, of which a batch has several at once. */
  getMs: z.number().nonnegative(),
  /** What of all this is of batches that read nothing; 0 of a single map. */
  kept: keptTotalsSchema,
  workerCount: z.int().nonnegative(),
  /** The workers with the most items, in order of their names; at most `MOST_WORKERS`. */
  workers: z.array(workerShareSchema),
});
export type WorkTotals = z.infer<typeof workTotalsSchema>;

/** How many workers are listed one by one; the others are only counted. */
export const MOST_WORKERS = 256;

/** Adds up spans as they come; holds a few numbers per worker. */
export class WorkCounter {
  #totals = {
    spans: 0,
    cpuMs: 0,
    billedMs: 0,
    rssPeakBytes: 0,
    coldStarts: 0,
    coldStartMs: 0,
    outputBytes: 0,
    getMs: 0,
  };
  readonly #kept = { batches: 0, items: 0, processMs: 0, cpuMs: 0 };
  #modelBatch: number | undefined;
  readonly #kernels = new Map<string, { items: number; left: LeftImages }>();
  readonly #processors = new Map<string, NonNullable<WorkTotals['processors']>[number]>();
  readonly #workers = new Map<string, { batches: number; items: number; busyMs: number }>();

  add(span: Span): void {
    const totals = this.#totals;
    totals.spans += 1;
    totals.cpuMs += span.cpuMs;
    totals.billedMs += span.billedMs;
    totals.rssPeakBytes = Math.max(totals.rssPeakBytes, span.rssPeakBytes);
    totals.coldStarts += span.coldStartMs > 0 ? 1 : 0;
    totals.coldStartMs += span.coldStartMs;
    totals.outputBytes += span.outputBytes;
    totals.getMs += span.getMs;
    if (isKept(span)) this.#addKept(span);
    const { items, left } = this.#kernels.get(span.kernel) ?? { items: 0, left: {} };
    this.#kernels.set(span.kernel, { items: items + span.items, left: addLeft(left, span.left) });
    if (span.modelBatch !== undefined)
      this.#modelBatch = Math.min(span.modelBatch, this.#modelBatch ?? span.modelBatch);
    if (span.processor) this.#addProcessor(span.processor);
    const worker = this.#workers.get(span.worker) ?? { batches: 0, items: 0, busyMs: 0 };
    worker.batches += 1;
    worker.items += span.items;
    worker.busyMs += Math.max(0, span.endedAt - span.startedAt);
    this.#workers.set(span.worker, worker);
  }

  #addProcessor({ name, kind }: Processor): void {
    const id = JSON.stringify([name, kind]);
    const batches = (this.#processors.get(id)?.batches ?? 0) + 1;
    this.#processors.set(id, { name, kind, batches });
  }

  #addKept({ items, processMs, cpuMs }: Span): void {
    this.#kept.batches += 1;
    this.#kept.items += items;
    this.#kept.processMs += processMs;
    this.#kept.cpuMs += cpuMs;
  }

  totals(): WorkTotals {
    const items = [...this.#workers.values()].reduce((sum, worker) => sum + worker.items, 0);
    const workers = [...this.#workers]
      .map(([worker, work]) => ({ worker, ...work, share: items === 0 ? 0 : work.items / items }))
      .sort((a, b) => b.items - a.items)
      .slice(0, MOST_WORKERS)
      .sort((a, b) => byName(a.worker, b.worker));
    const kernels = [...this.#kernels]
      .map(([name, { left, items }]) => programName(name, left, items))
      .sort();
    const processors = [...this.#processors.values()].sort(
      (a, b) => b.batches - a.batches || byName(a.name, b.name) || byName(a.kind, b.kind),
    );
    const workerCount = this.#workers.size;
    const fewer = this.#modelBatch === undefined ? {} : { modelBatch: this.#modelBatch };
    return { ...this.#totals, ...fewer, kept: { ...this.#kept }, kernels, processors, workerCount, workers };
  }
}

const collator = new Intl.Collator('en', { numeric: true });

/** Names with numbers in the order in which people count. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
