import type { Arm } from '../../src/contract/arm.ts';
import { FanfleetError } from '../../src/errors.ts';
import { calibrate } from '../../src/model/calibrate.ts';
import { quantile, simulateRuns } from '../../src/model/distribution.ts';
import { jobOfRun } from '../../src/model/measured-job.ts';
import { setupsOf } from '../../src/model/predict.ts';
import type { Prices } from '../../src/prices/prices.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { spread } from '../../src/statistics/median.ts';

/** The size and batch size of the runs that the figures are taken from. */
export interface Point {
  readonly items: number;
  readonly batchSize: number;
}

/** An arm at one size and batch size: what was predicted, and what was measured. */
export interface Compared extends Point {
  readonly arm: Arm;
  readonly batches: number;
  /** Median of the simulated runs, and of the measured ones. */
  readonly predictedMs: number;
  readonly measuredMs: number;
  readonly rounds: number;
  /** Measured rounds from the fastest to the slowest over their median: the noise that no prediction can go below. */
  readonly noise: number;
  /** Predicted over measured, less 1. */
  readonly deviation: number;
  /** Whether the figures were taken from it. */
  readonly calibrated: boolean;
}

const SIMULATED = 51;

/**
 * Take the figures from one run for each arm, that of the median time at one size and batch size, and predict all.
 *
 * @throws FanfleetError `INVALID_INPUT` where there is no run to take the figures from
 */
export function validate(runs: readonly Summary[], from: Point, prices: Prices): Compared[] {
  const arms = [...new Set(runs.flatMap(({ request }) => request.arms))].sort();
  return arms.flatMap((arm) => validateArm(runs, arm, from, prices));
}

function validateArm(runs: readonly Summary[], arm: Arm, from: Point, prices: Prices): Compared[] {
  const measured = runs.filter((run) => wallOf(run, arm) !== null);
  const points = Map.groupBy(measured, (run) => `${run.plan.items} ${run.request.batchSize}`);
  const source = medianRun(points.get(`${from.items} ${from.batchSize}`) ?? [], arm);
  if (source === undefined) {
    const message = `Expected a run of the arm ${arm} with ${from.items} images in batches of ${from.batchSize} to take the figures from, but there is none.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  const calibration = calibrate(source);
  return [...points.values()].flatMap((rounds) => {
    const [first] = rounds;
    if (first === undefined) return [];
    const setup = setupsOf(jobOfRun(first), calibration, prices).find((each) => each.arm === arm);
    if (setup === undefined) return [];
    const predictedMs = quantile(simulateRuns(setup, { runs: SIMULATED, seed: 1 }), 0.5).wallMs;
    const { median, min, max } = spread(rounds.map((run) => wallOf(run, arm) ?? 0));
    return [
      {
        arm,
        items: first.plan.items,
        batchSize: first.request.batchSize,
        batches: first.plan.batches,
        predictedMs,
        measuredMs: median,
        rounds: rounds.length,
        noise: (max - min) / median,
        deviation: predictedMs / median - 1,
        calibrated: first.plan.items === from.items && first.request.batchSize === from.batchSize,
      },
    ];
  });
}

/** The (lower) median of runs by the time of an arm. */
function medianRun(runs: readonly Summary[], arm: Arm): Summary | undefined {
  const sorted = runs.toSorted((a, b) => (wallOf(a, arm) ?? 0) - (wallOf(b, arm) ?? 0));
  return sorted[(sorted.length - 1) >> 1];
}

function wallOf({ arms }: Summary, arm: Arm): number | null {
  return arms.find((each) => each.arm === arm)?.wallMs?.median ?? null;
}
