import type { ClockOffset } from '../contract/span.ts';

/** Clocks are read in whole milliseconds, so that each bound may be off by one. */
export const RESOLUTION_MS = 1;

/** The offset that most bounds allow, and how many of them do. */
export type AgreedOffset = { readonly offset: ClockOffset | null; readonly agreeing: number };

/**
 * The offsets that the most bounds have in common (K. Marzullo, "Maintaining the Time in a Distributed System",
 * 1984): a few that contradict the others do no harm. Null without a majority, since then nobody can say who is right.
 * Of several stretches that as many allow, the first counts.
 */
export function agreedOffset(bounds: readonly ClockOffset[]): AgreedOffset {
  // A clock that was set in between gives bounds that contradict themselves.
  const possible = bounds.filter(({ offsetLowMs, offsetHighMs }) => offsetLowMs <= offsetHighMs);
  const lows = Float64Array.from(possible, ({ offsetLowMs }) => offsetLowMs).sort();
  const highs = Float64Array.from(possible, ({ offsetHighMs }) => offsetHighMs).sort();
  let [most, offset, ended]: [number, ClockOffset | null, number] = [0, null, 0];
  for (const [begun, offsetLowMs] of lows.entries()) {
    while ((highs[ended] ?? Number.POSITIVE_INFINITY) < offsetLowMs) ended += 1;
    const open = begun + 1 - ended;
    const offsetHighMs = highs[ended];
    if (open > most && offsetHighMs !== undefined) [most, offset] = [open, { offsetLowMs, offsetHighMs }];
  }
  return most * 2 > bounds.length ? { offset, agreeing: most } : { offset: null, agreeing: most };
}

/** By how much a clock is wrong for certain: the distance of its bounds from 0, with the sign of the offset. */
export function provenSkew({ offsetLowMs, offsetHighMs }: ClockOffset): number {
  return Math.max(0, offsetLowMs) + Math.min(0, offsetHighMs);
}
