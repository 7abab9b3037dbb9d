import * as z from 'zod';
import type { Span } from '../contract/span.ts';
import type { ArmWall } from './phases.ts';
import { byName } from './workers.ts';

/** More spans than this are not drawn one by one. */
export const MOST_SPANS = 2_000;
/** More lanes than this are not drawn. */
export const MOST_LANES = 48;
/** Pieces of the wall time, where batches are not drawn one by one. */
export const BINS = 240;

const ms = z.number().nonnegative();

/** Batches of each worker over time, in milliseconds from the start of the arm, cut to the arm. */
export const timelineSchema = z.object({
  wallMs: ms,
  /** Batches that the picture stands for, and how many of them are not in it since their worker has no lane. */
  batches: z.int().nonnegative(),
  batchesDropped: z.int().nonnegative(),
  lanesDropped: z.int().nonnegative(),
  /** Width of a bin, or null where every batch is drawn. */
  binMs: ms.nullable(),
  /**
   * Average number of batches at work in each of `BINS` equal pieces of the wall time, over all workers, drawn or not.
   */
  concurrency: z.array(ms),
  lanes: z.array(
    z.object({
      worker: z.string(),
      /** Every batch, or none where there are bins. */
      batches: z.array(
        z.object({
          batch: z.int(),
          startMs: ms,
          endMs: ms,
          coldStartMs: ms,
          images: z.int(),
          errors: z.int(),
        }),
      ),
      /** Average number of batches at work in each bin, to three decimals. */
      bins: z.array(ms),
    }),
  ),
});
export type Timeline = z.infer<typeof timelineSchema>;

export type TimelineSpan = Pick<
  Span,
  'worker' | 'batch' | 'startedAt' | 'endedAt' | 'coldStartMs' | 'images' | 'errors'
>;

/** Lanes for the picture: the workers with the most batches, in order of their names. */
export function buildTimeline(wall: ArmWall, spans: readonly TimelineSpan[]): Timeline {
  const wallMs = Math.max(0, wall.endedAt - wall.startedAt);
  const byWorker = Map.groupBy(spans, (span) => span.worker);
  const shown = [...byWorker]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_LANES)
    .sort(([a], [b]) => byName(a, b));
  const shownBatches = shown.reduce((sum, [, own]) => sum + own.length, 0);
  const binned = shownBatches > MOST_SPANS;
  const place = (time: number) => Math.min(Math.max(time - wall.startedAt, 0), wallMs);
  return {
    wallMs,
    batches: spans.length,
    batchesDropped: spans.length - shownBatches,
    lanesDropped: byWorker.size - shown.length,
    binMs: binned ? wallMs / BINS : null,
    concurrency: spans.length === 0 ? [] : occupancy(spans, place, wallMs),
    lanes: shown.map(([worker, own]) => ({
      worker,
      batches: binned ? [] : own.map((span) => bar(span, place)).sort((a, b) => a.startMs - b.startMs),
      bins: binned ? occupancy(own, place, wallMs) : [],
    })),
  };
}

function bar(
  span: TimelineSpan,
  place: (time: number) => number,
): Timeline['lanes'][number]['batches'][number] {
  const startMs = place(span.startedAt);
  return {
    batch: span.batch,
    startMs,
    endMs: Math.max(startMs, place(span.endedAt)),
    coldStartMs: startMs - place(span.startedAt - span.coldStartMs),
    images: span.images,
    errors: span.errors,
  };
}

function occupancy(
  spans: readonly TimelineSpan[],
  place: (time: number) => number,
  wallMs: number,
): number[] {
  const width = wallMs / BINS;
  const busy = new Float64Array(BINS);
  if (width === 0) return [...busy];
  for (const span of spans) {
    const [from, to] = [place(span.startedAt), place(span.endedAt)];
    for (let bin = Math.floor(from / width); bin < BINS && bin * width < to; bin += 1) {
      const overlap = Math.min(to, (bin + 1) * width) - Math.max(from, bin * width);
      busy[bin] = (busy[bin] ?? 0) + Math.max(0, overlap) / width;
    }
  }
  return Array.from(busy, (value) => Math.round(value * 1000) / 1000);
}
