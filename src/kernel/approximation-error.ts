import type { ApproximateRow } from './approximate.ts';
import type { MeasuredRow, PerChannel } from './row.ts';

/** How far approximate means are from the exact ones, in levels of 0-255 per channel, over `images`. */
export type ApproximationError = {
  readonly images: number;
  readonly median: PerChannel;
  readonly max: PerChannel;
};

/** @param pairs an image's approximate row and its exact one, which has `mean_e6` */
export function approximationError(
  pairs: readonly (readonly [ApproximateRow, MeasuredRow])[],
): ApproximationError | null {
  if (pairs.length === 0) return null;
  const errors = [0, 1, 2].map((channel) =>
    pairs
      .map(([approximate, exact]) =>
        Math.abs((approximate.mean_approx_e6[channel] ?? 0) - (exact.mean_e6?.[channel] ?? 0)),
      )
      .sort((a, b) => a - b),
  );
  return { images: pairs.length, median: perChannel(errors, median), max: perChannel(errors, last) };
}

function perChannel(
  errors: readonly (readonly number[])[],
  of: (sorted: readonly number[]) => number,
): PerChannel {
  const [red = [], green = [], blue = []] = errors;
  return [of(red) / 1e6, of(green) / 1e6, of(blue) / 1e6];
}

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

function last(sorted: readonly number[]): number {
  return sorted.at(-1) ?? 0;
}
