import { readFileSync } from 'node:fs';
import type { ArmRound, RunFacts } from '../../../src/aggregate/run-facts.ts';
import { parse } from '../../../src/parse.ts';
import { summarySchema } from '../../../src/report/summary-schema.ts';

const factsSchema = summarySchema.pick({
  startedAt: true,
  endedAt: true,
  request: true,
  plan: true,
  environment: true,
  baseline: true,
  rounds: true,
});

/**
 * What summary.json said of a real run: 200 digits offline, both arms, one round, engine grpc with one worker. Workers,
 * versions and the use of the hosts over time are left out.
 */
export function realRun(): RunFacts {
  const text = readFileSync(new URL('./real-run.json', import.meta.url), 'utf8');
  return structuredClone(parse(factsSchema, JSON.parse(text), 'real-run.json')) as RunFacts;
}

/** The run with the rounds of an arm changed. */
export function changed(
  run: RunFacts,
  arm: ArmRound['arm'],
  change: (round: ArmRound) => ArmRound,
): RunFacts {
  return {
    ...run,
    rounds: run.rounds.map(({ round, arms }) => ({
      round,
      arms: arms.map((each) => (each.arm === arm ? change(each) : each)),
    })),
  };
}

export function armOf(run: RunFacts, arm: ArmRound['arm']): ArmRound {
  const found = run.rounds[0]?.arms.find((each) => each.arm === arm);
  if (found === undefined) throw new Error(`Expected the ${arm} arm in the run.`);
  return found;
}
