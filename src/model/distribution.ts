import { seededRandom } from '../statistics/random.ts';
import type { ArmSetup } from './arm-setup.ts';
import { type Outcome, simulate } from './simulation/simulate.ts';

/** Outcomes of an arm, the same one with other luck, from the fastest to the slowest. */
export type Outcomes = readonly Outcome[];

/**
 * Simulate an arm so many times.
 *
 * @param seed the same one gives the same outcomes
 */
export function simulateRuns(setup: ArmSetup, { runs, seed }: { runs: number; seed: number }): Outcomes {
  return Array.from({ length: runs }, (_, run) =>
    // Seeds that are near each other must not give the same numbers shifted by one.
    simulate(setup, { random: seededRandom(Math.imul(seed + run + 1, 0x9e3779b1)) }),
  ).sort((a, b) => a.wallMs - b.wallMs);
}

/**
 * What so many of all do not exceed (nearest rank).
 *
 * @param sorted from the least to the most
 * @param part 0 to 1
 * @throws RangeError for none
 */
export function quantile<T>(sorted: readonly T[], part: number): T {
  const found = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('Expected at least one outcome.');
  return found;
}
