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
 * The outcome that so many of all are not slower than (nearest rank).
 *
 * @param part 0 to 1
 * @throws RangeError for no outcomes
 */
export function quantile(outcomes: Outcomes, part: number): Outcome {
  const found = outcomes[Math.max(0, Math.ceil(part * outcomes.length) - 1)];
  if (found === undefined) throw new RangeError('Expected at least one outcome.');
  return found;
}
