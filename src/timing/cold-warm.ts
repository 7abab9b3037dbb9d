import * as z from 'zod';
import type { Span } from '../contract/span.ts';
import { median } from '../statistics/median.ts';

/** Batches with a cold start, or those without: a null says that there were none with an image. */
export const temperatureSchema = z.object({
  batches: z.int().nonnegative(),
  images: z.int().nonnegative(),
  /** Median over batches of their wall time, the cold start included, over their images. */
  msPerImage: z.number().nonnegative().nullable(),
  /** Median of the cold starts, which are 0 for warm batches. */
  coldStartMs: z.number().nonnegative().nullable(),
});
export type Temperature = z.infer<typeof temperatureSchema>;

type TemperedSpan = Pick<Span, 'startedAt' | 'endedAt' | 'coldStartMs' | 'images'>;

/** A batch is cold if it is the first of its process. */
export function coldAndWarm(spans: readonly TemperedSpan[]): {
  readonly cold: Temperature;
  readonly warm: Temperature;
} {
  const { cold = [], warm = [] } = Object.groupBy(spans, ({ coldStartMs }) =>
    coldStartMs > 0 ? 'cold' : 'warm',
  );
  return { cold: temperature(cold), warm: temperature(warm) };
}

function temperature(spans: readonly TemperedSpan[]): Temperature {
  const full = spans.filter(({ images }) => images > 0);
  return {
    batches: spans.length,
    images: spans.reduce((sum, { images }) => sum + images, 0),
    msPerImage: medianOrNull(
      full.map(
        ({ startedAt, endedAt, coldStartMs, images }) =>
          (coldStartMs + Math.max(0, endedAt - startedAt)) / images,
      ),
    ),
    coldStartMs: medianOrNull(full.map(({ coldStartMs }) => coldStartMs)),
  };
}

function medianOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
