import { describe, expect, it } from 'vitest';
import type { ArmRound, RunFacts } from '../../../src/aggregate/run-facts.ts';
import { serverlessBill } from '../../../src/cost/arm-bills.ts';
import { fleetUsage } from '../../../src/cost/fleet-usage.ts';
import { FUNCTION_MEMORY } from '../../../src/cost/functions.ts';
import { serverlessUsage } from '../../../src/cost/serverless-usage.ts';
import { sharedUsage } from '../../../src/cost/shared-usage.ts';
import { findPrices } from '../../../src/prices/prices.ts';
import { armOf, changed, realRun } from './runs.ts';

const run = realRun();
const prices = findPrices('us-east-1') ?? expect.fail('no prices');
const BATCHES = run.plan.batches;

type Stage = ArmRound['stages'][number];
const stageOf = (stage: number, over: Partial<Stage> = {}): Stage => ({
  stage,
  isReduced: true,
  startedAt: 1,
  mapEndedAt: 2,
  reducedAt: 3,
  reduceMs: 250,
  reduceCpuMs: 50,
  batches: BATCHES,
  batchesTakenOver: 0,
  cpuMs: 100,
  kept: 0,
  ...over,
});

/** The run as one of so many stages, each of them with the use that it had. */
const staged = (stages: readonly Stage[]): RunFacts => {
  const own = stages.filter(({ batchesTakenOver }) => batchesTakenOver === 0).length;
  const change = (round: ArmRound): ArmRound => ({
    ...round,
    stages: [...stages],
    work: round.work && { ...round.work, spans: own * BATCHES },
  });
  return changed(changed(run, 'serverless', change), 'fleet', change);
};
const three = staged([0, 1, 2].map((stage) => stageOf(stage)));
const functionsOf = (facts: RunFacts, items?: number) =>
  serverlessUsage(facts, armOf(facts, 'serverless'), items) ?? expect.fail('no usage');
const fleetOf = (facts: RunFacts) => fleetUsage(facts, armOf(facts, 'fleet'), prices) ?? expect.fail('none');
const workersOf = (arm: ArmRound['arm']) => armOf(run, arm).work?.workerCount ?? 0;

describe('the bill of three stages', () => {
  const [one, all] = [functionsOf(run), functionsOf(three)];

  it('has the states and children of each', () => {
    expect(all.invocations).toBe(3 * BATCHES);
    expect(all.expressRequests).toBe(3 * BATCHES);
    // ServerlessWanted, StagedStarted, FirstStage, StageLeft, ServerlessEnded; FanOut, StagesAsked, Reduce, StageLeft of each
    expect(all.stateTransitions).toBe(5 + 3 * 4 + 3 * BATCHES);
  });

  it('has the function that reduces them, and is called once before', () => {
    expect(one.reduce).toBeNull();
    expect(all.reduce).toMatchObject({
      memoryMb: FUNCTION_MEMORY.reduce,
      invocations: 4,
      billedMs: 3 * 250,
    });
    const without = serverlessBill({ ...all, reduce: null }, prices);
    const gbSeconds = (FUNCTION_MEMORY.reduce / 1024) * 0.75;
    const { lambdaArmGbSecond, lambdaX86GbSecond, lambdaRequest } = prices.prices;
    const duration = all.architecture === 'arm64' ? lambdaArmGbSecond : lambdaX86GbSecond;
    const usd = gbSeconds * (duration.tiers[0]?.usd ?? 0) + 4 * (lambdaRequest.tiers[0]?.usd ?? 0);
    expect(serverlessBill(all, prices).usd - without.usd).toBeCloseTo(usd, 12);
    expect(all.logBytes).toBe(1200 * (3 * BATCHES + 4));
  });

  it('has its requests: of each map, of each batch to be added up, of each state', () => {
    // The manifest by two maps more; the list of inputs and reduced.json; of each stage its batches' files, whether it is reduced, the
    // stage before, its state, the plan.
    const states = 3 * workersOf('serverless');
    expect(all.s3.gets - one.s3.gets).toBe(2 + 2 + 3 * (BATCHES + 4) + states);
    expect(all.s3.puts - one.s3.puts).toBe(2 * 2 * BATCHES + 2 * 2 + 3 * 2);
  });

  it('of a fleet has those of the head', () => {
    const [single, fleet] = [fleetOf(run), fleetOf(three)];
    const states = 3 * workersOf('fleet');
    // The worker's line of the manifest for each batch more; the list of inputs, reduced.json, the manifest; files and state.
    expect(fleet.s3.gets - single.s3.gets).toBe(2 * BATCHES + 3 + 3 * (BATCHES + 1) + states);
    expect(fleet.s3.puts - single.s3.puts).toBe(2 * 2 * BATCHES + 3 * 2 + 2 * 2);
    expect(fleet.s3.lists - single.s3.lists).toBe(2 * 2);
    expect(fleet.stateTransitions).toBe(single.stateTransitions);
  });

  it('has what the aggregator reads of both arms', () => {
    const [single, shared] = [sharedUsage(run), sharedUsage(three)];
    // Of each arm the rows of one stage, the spans of all, two files of each; two map runs and two pairs of a head's files more.
    const ofArm = 2 * BATCHES + 3 * 2;
    expect(shared.s3.gets - single.s3.gets).toBe(2 * ofArm + 2 * 3 + 2 * 2);
    expect(shared.stateTransitions).toBe(single.stateTransitions);
  });

  it('grows with the batches of a million images, all of them in each stage', () => {
    const million = functionsOf(three, 1e6);
    const batches = million.invocations / 3;
    expect(batches).toBeGreaterThanOrEqual(10_000);
    expect(million.stateTransitions).toBe(5 + 3 * 4 + 3 * batches);
    expect(million.reduce?.billedMs).toBeCloseTo((3 * 250 * batches) / BATCHES);
  });
});

it('has nothing of stages that an earlier run did', () => {
  const taken = { reduceMs: null, reducedAt: null, batchesTakenOver: BATCHES };
  const rest = functionsOf(staged([stageOf(0, taken), stageOf(1), stageOf(2)]));
  expect(rest.stateTransitions).toBe(5 + 2 * 4 + 2 * BATCHES);
  expect(rest.reduce).toMatchObject({ invocations: 3, billedMs: 500 });
});

it('asks again for the batches that an earlier run did of a stage that it did not reduce', () => {
  const facts = staged([stageOf(0, { batchesTakenOver: BATCHES }), stageOf(1)]);
  const rest = functionsOf(facts);
  expect(rest.invocations).toBe(2 * BATCHES);
  // Each for its span, and those that are done for their rows, too
  const resumed = functionsOf({ ...facts, request: { ...facts.request, resume: 'earlier' } });
  expect(resumed.s3.gets - rest.s3.gets).toBe(2 * BATCHES + BATCHES);
});
