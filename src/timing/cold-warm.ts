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

/** Batches with a cold start, and those without, as they come; holds two numbers for each. */
export class ColdWarmCounter {
  readonly #cold = new TemperatureCounter();
  readonly #warm = new TemperatureCounter();

  /** A batch is cold if it is the first of its process. */
  add(span: TemperedSpan): void {
    (span.coldStartMs > 0 ? this.#cold : this.#warm).add(span);
  }

  totals(): { readonly cold: Temperature; readonly warm: Temperature } {
    return { cold: this.#cold.totals(), warm: this.#warm.totals() };
  }
}

class TemperatureCounter {
  #batches = 0;
  #images = 0;
  readonly #msPerImage: number[] = [];
  readonly #coldStartMs: number[] = [];

  add({ startedAt, endedAt, coldStartMs, images }: TemperedSpan): void {
    this.#batches += 1;
    this.#images += images;
    if (images === 0) return;
    this.#msPerImage.push((coldStartMs + Math.max(0, endedAt - startedAt)) / images);
    this.#coldStartMs.push(coldStartMs);
  }

  totals(): Temperature {
    return {
      batches: this.#batches,
      images: this.#images,
      msPerImage: medianOrNull(this.#msPerImage),
      coldStartMs: medianOrNull(this.#coldStartMs),
    };
  }
}

function medianOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
