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
          items: z.int(),
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
  'worker' | 'batch' | 'startedAt' | 'endedAt' | 'coldStartMs' | 'items' | 'errors'
>;

/** What is kept of a worker: its batches one by one until there are too many, and then their time in bins. */
interface Lane {
  batches: number;
  spans: TimelineSpan[];
  readonly bins: Float64Array;
}

/**
 * Lanes for the picture: the workers with the most batches, in order of their names. Spans are held until the workers that
 * would be drawn have too many of them: after that, 240 numbers for each worker, and the spans that were added last.
 */
export class TimelineBuilder {
  readonly #wallMs: number;
  readonly #place: (time: number) => number;
  readonly #lanes = new Map<string, Lane>();
  readonly #concurrency = new Float64Array(BINS);
  #batches = 0;

  constructor(wall: ArmWall) {
    this.#wallMs = Math.max(0, wall.endedAt - wall.startedAt);
    this.#place = (time) => Math.min(Math.max(time - wall.startedAt, 0), this.#wallMs);
  }

  /** The spans of a map. */
  add(spans: readonly TimelineSpan[]): void {
    // What came before is folded first, so that of a single map only the lanes that are drawn are counted in bins.
    if (this.#isBinned) for (const lane of this.#lanes.values()) this.#fold(lane);
    this.#count(spans, this.#concurrency);
    this.#batches += spans.length;
    for (const [worker, own] of Map.groupBy(spans, (span) => span.worker)) {
      const lane = this.#lanes.get(worker) ?? { batches: 0, spans: [], bins: new Float64Array(BINS) };
      lane.batches += own.length;
      lane.spans = lane.spans.concat(own);
      this.#lanes.set(worker, lane);
    }
  }

  finish(): Timeline {
    const shown = this.#shown().sort(([a], [b]) => byName(a, b));
    const shownBatches = sumOf(shown);
    const binned = this.#isBinned;
    if (binned) for (const [, lane] of shown) this.#fold(lane);
    return {
      wallMs: this.#wallMs,
      batches: this.#batches,
      batchesDropped: this.#batches - shownBatches,
      lanesDropped: this.#lanes.size - shown.length,
      binMs: binned ? this.#wallMs / BINS : null,
      concurrency: this.#batches === 0 ? [] : rounded(this.#concurrency),
      lanes: shown.map(([worker, { spans, bins }]) => ({
        worker,
        batches: binned
          ? []
          : spans.map((span) => bar(span, this.#place)).sort((a, b) => a.startMs - b.startMs),
        bins: binned ? rounded(bins) : [],
      })),
    };
  }

  /** It stays so: of the workers that would be drawn, batches become only more. */
  get #isBinned(): boolean {
    return sumOf(this.#shown()) > MOST_SPANS;
  }

  #shown(): [string, Lane][] {
    return [...this.#lanes].sort(([, a], [, b]) => b.batches - a.batches).slice(0, MOST_LANES);
  }

  #fold(lane: Lane): void {
    this.#count(lane.spans, lane.bins);
    lane.spans = [];
  }

  /** Add to each bin which part of it the spans take. */
  #count(spans: readonly TimelineSpan[], busy: Float64Array): void {
    const width = this.#wallMs / BINS;
    if (width === 0) return;
    for (const span of spans) {
      const [from, to] = [this.#place(span.startedAt), this.#place(span.endedAt)];
      for (let bin = Math.floor(from / width); bin < BINS && bin * width < to; bin += 1) {
        const overlap = Math.min(to, (bin + 1) * width) - Math.max(from, bin * width);
        busy[bin] = (busy[bin] ?? 0) + Math.max(0, overlap) / width;
      }
    }
  }
}

function sumOf(lanes: readonly [string, Lane][]): number {
  return lanes.reduce((sum, [, { batches }]) => sum + batches, 0);
}

function rounded(busy: Float64Array): number[] {
  return Array.from(busy, (value) => Math.round(value * 1000) / 1000);
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
    items: span.items,
    errors: span.errors,
  };
}
