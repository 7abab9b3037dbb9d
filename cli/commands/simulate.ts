import * as z from 'zod';
import type { Bill } from '../../src/cost/bill.ts';
import { bytes, count, duration, itemCount, plural, usd } from '../../src/format.ts';
import type { ArmSetup } from '../../src/model/arm-setup.ts';
import { quantile, simulateRuns } from '../../src/model/distribution.ts';
import { estimate } from '../../src/model/estimate.ts';
import { billOfArm, problemsOf, setupsOf } from '../../src/model/predict.ts';
import type { Outcome } from '../../src/model/simulation/simulate.ts';
import { parse } from '../../src/parse.ts';
import { unitOf } from '../../src/workloads/facts.ts';
import type { Context } from '../context.ts';
import { type ModelInput, readModelInput } from '../model-input.ts';
import type { ModelRequest } from '../model-options.ts';
import { textTable } from '../text-table.ts';
import { footing, footOf, stagesText } from './estimate.ts';

export interface SimulateOptions {
  readonly seed: number;
  readonly runs: number;
  readonly request: ModelRequest;
}

/** Outcomes of all runs are in memory. */
const drawsSchema = z.strictObject({
  runs: z.int().min(1).max(10_000),
  seed: z.int(),
});

/** What a job would take and cost on both arms, by discrete events: as many times as asked, with other luck each time. */
export async function simulateCommand(context: Context, { request, ...draws }: SimulateOptions) {
  const { runs, seed } = parse(drawsSchema, draws, 'The simulation');
  const input = await readModelInput(context, request);
  const { job, calibration, prices } = input;
  const setups = setupsOf(job, calibration, prices);
  const arms = setups.map((setup) => simulatedArm(input, setup, { seed, runs }));
  const problems = [...problemsOf(job, setups), ...arms.flatMap(({ events }) => events)];
  const text = [
    `${itemCount(job.items, unitOf(job.workload))} of ${bytes(Math.round(job.bytesPerItem))}, ${job.workload}${stagesText(job)}; ${plural(runs, 'simulated run')}, seed ${seed}`,
    '',
    ...textTable(
      [
        { title: 'Arm', align: 'left' },
        { title: 'time p50', align: 'right' },
        { title: 'p90', align: 'right' },
        { title: 'closed form', align: 'right' },
        { title: 'cost p50', align: 'right' },
        { title: 'p90', align: 'right' },
        { title: 'limited by', align: 'left' },
      ],
      arms.map(({ arm, label, p50, p90, cost, estimateSeconds, limit }) => [
        `${arm} (${label})`,
        duration(p50.seconds * 1000),
        duration(p90.seconds * 1000),
        duration(estimateSeconds * 1000),
        usd(cost.p50),
        usd(cost.p90),
        limit,
      ]),
    ),
    '',
    ...problems.map((problem) => `Note: ${problem}`),
    ...footing(input),
  ].join('\n');
  return { json: { job, seed, runs, arms, problems, calibration, prices: footOf(prices) }, text };
}

function simulatedArm({ job, prices }: ModelInput, setup: ArmSetup, options: { seed: number; runs: number }) {
  const outcomes = simulateRuns(setup, options);
  const priced = (outcome: Outcome): { seconds: number; usd: number; bill: Bill; outcome: Outcome } => {
    const bill = billOfArm(job, setup, outcome, prices);
    return { seconds: outcome.wallMs / 1000, usd: bill.usd, bill, outcome };
  };
  const expected = estimate(setup);
  // By themselves: of runs that S3 holds up alike, a slower one may cost less.
  const costs = outcomes.map((outcome) => billOfArm(job, setup, outcome, prices).usd).sort((a, b) => a - b);
  return {
    arm: setup.arm,
    label: setup.label,
    p50: priced(quantile(outcomes, 0.5)),
    p90: priced(quantile(outcomes, 0.9)),
    cost: { p50: quantile(costs, 0.5), p90: quantile(costs, 0.9) },
    estimateSeconds: expected.wallMs / 1000,
    limit: expected.limit,
    events: eventsOf(setup, outcomes),
  };
}

/** What happened in some run that one should know of. */
function eventsOf({ arm, batches, stages }: ArmSetup, outcomes: readonly Outcome[]): string[] {
  const most = (of: (outcome: Outcome) => number) => Math.max(...outcomes.map(of));
  const unfinished = outcomes.filter(({ done }) => done < batches * stages).length;
  const said: [number, string][] = [
    [most(({ slowDowns }) => slowDowns), 'requests were answered SlowDown by S3'],
    [
      most(({ exhausted }) => exhausted),
      'batches had a request that was refused as often as it is tried, and failed',
    ],
    [most(({ overtime }) => overtime), 'batches took longer than a function may'],
    [most(({ interruptions }) => interruptions), 'Spot workers were taken back'],
    [most(({ lost }) => lost), 'batches were lost with their worker and done again'],
  ];
  return [
    ...said
      .filter(([number]) => number > 0)
      .map(([number, what]) => `${arm}: up to ${count(Math.round(number))} ${what}.`),
    ...(unfinished === 0
      ? []
      : [`${arm}: in ${unfinished} of ${outcomes.length} runs no worker was left before all was done.`]),
  ];
}
