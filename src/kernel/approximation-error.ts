import type { MeasuredRow, PerChannel } from '../contract/row.ts';
import { quantile } from '../statistics/median.ts';
import type { ApproximateRow } from './approximate.ts';

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
  return { images: pairs.length, median: perChannel(errors, 0.5), max: perChannel(errors, 1) };
}

/** @param errors of each channel, ascending */
function perChannel(errors: readonly (readonly number[])[], part: number): PerChannel {
  const [red = [], green = [], blue = []] = errors;
  return [quantile(red, part) / 1e6, quantile(green, part) / 1e6, quantile(blue, part) / 1e6];
}
