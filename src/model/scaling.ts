import { itemCount } from '../format.ts';
import type { Prices } from '../prices/prices.ts';
import { unitOf } from '../workloads/facts.ts';
import { type Calibration, differentKernelsText } from './calibration.ts';
import { crossings } from './crossings.ts';
import type { Curves } from './curves.ts';
import type { Job } from './job.ts';
import { predict, problemsOf, setupsOf } from './predict.ts';

/** From 10^3 to 10^9, three sizes in each power of ten. */
export const CURVE_SIZES: readonly number[] = [
  ...Array.from({ length: 6 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** (power + 3))).flat(),
  1e9,
];

/**
 * Time and bill of both arms over the number of items, by the closed form: all else is as in the job.
 *
 * @returns null where the calibration does not know both arms: there is nothing to compare
 * @throws FanfleetError `PRICES_MISSING`
 */
export function scalingCurves(
  job: Job,
  calibration: Calibration,
  prices: Prices,
  sizes: readonly number[] = CURVE_SIZES,
): Curves | null {
  const bySize = sizes.map((items) => predict({ ...job, items }, calibration, prices));
  const arms = (bySize[0] ?? []).map(({ arm, label }, index) => ({
    arm,
    label,
    points: bySize.flatMap((arms, at) => {
      const [found, items] = [arms[index], sizes[at]];
      if (found === undefined || items === undefined) return [];
      return [{ items, seconds: found.seconds, usd: found.usd, limit: found.limit }];
    }),
  }));
  const [a, b] = arms;
  if (a === undefined || b === undefined) return null;
  return {
    bytesPerItem: job.bytesPerItem,
    sizes: [...sizes],
    arms,
    crossings: crossings([a, b]),
    calibration: calibration.source,
    notes: notesOf(job, calibration, prices, sizes),
  };
}

function notesOf(job: Job, calibration: Calibration, prices: Prices, sizes: readonly number[]): string[] {
  const most = sizes.find((items) => {
    const each = { ...job, items };
    return problemsOf(each, setupsOf(each, calibration, prices)).length > 0;
  });
  const { sharedCores, differentKernels } = calibration;
  return [
    ...(differentKernels === null ? [] : [differentKernelsText(differentKernels)]),
    ...(sharedCores === null
      ? []
      : [
          `Times are those of this machine, where all share ${sharedCores} cores, and say nothing of AWS; the bill is what the same use and times would cost there.`,
        ]),
    ...(most === undefined
      ? []
      : [
          `From ${itemCount(most, unitOf(job.workload))} on it has to be more than one run, which is taken to cost no time.`,
        ]),
  ];
}
