import * as z from 'zod';
import type { Span } from '../contract/span.ts';
import { median } from '../statistics/median.ts';

/** Batches with a cold start, or those without: a null says that there were none with an item. */
export const temperatureSchema = z.object({
  batches: z.int().nonnegative(),
  items: z.int().nonnegative(),
  /** Median over batches of their wall time, the cold start included, over their items. */
  msPerItem: z.number().nonnegative().nullable(),
  /** Median of the cold starts, which are 0 for warm batches. */
  coldStartMs: z.number().nonnegative().nullable(),
});
export type Temperature = z.infer<typeof temperatureSchema>;

type TemperedSpan = Pick<Span, 'startedAt' | 'endedAt' | 'coldStartMs' | 'items'>;

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
  #items = 0;
  readonly #msPerItem: number[] = [];
  readonly #coldStartMs: number[] = [];

  add({ startedAt, endedAt, coldStartMs, items }: TemperedSpan): void {
    this.#batches += 1;
    this.#items += items;
    if (items === 0) return;
    this.#msPerItem.push((coldStartMs + Math.max(0, endedAt - startedAt)) / items);
    this.#coldStartMs.push(coldStartMs);
  }

  totals(): Temperature {
    return {
      batches: this.#batches,
      items: this.#items,
      msPerItem: medianOrNull(this.#msPerItem),
      coldStartMs: medianOrNull(this.#coldStartMs),
    };
  }
}

function medianOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
