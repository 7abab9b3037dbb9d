import type { ArmRound } from '../../../src/aggregate/run-facts.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { sampleInput } from './sample.ts';

/** The summary of a run with one arm and one round, that arm, and the same run with another one. */
export async function oneArm(of: Arm) {
  const summary = buildSummary(await sampleInput({ arms: [of] }));
  const [arm] = summary.rounds[0]?.arms ?? [];
  if (arm === undefined) throw new Error('no arm');
  const withArm = (changes: Partial<ArmRound>): Summary => ({
    ...summary,
    rounds: [{ round: 0, arms: [{ ...arm, ...changes }] }],
  });
  return { summary, arm, withArm };
}
