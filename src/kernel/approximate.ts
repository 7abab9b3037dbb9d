import type { PerChannel } from '../contract/row.ts';
import { meanE6 } from './scan.ts';

/** Means that need not be exact. Its names are those of no result row, so that nothing takes it for one. */
export type ApproximateRow = {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly approximate: true;
  /** The mean times 10^6. */
  readonly mean_approx_e6: PerChannel;
};

/** @param pixels how many were added up */
export function approximateRow(
  { key, width, height }: { readonly key: string; readonly width: number; readonly height: number },
  [red, green, blue]: PerChannel,
  pixels: number,
): ApproximateRow {
  const mean_approx_e6 = [meanE6(red, pixels), meanE6(green, pixels), meanE6(blue, pixels)] as const;
  return { key, width, height, channels: 3, approximate: true, mean_approx_e6 };
}
