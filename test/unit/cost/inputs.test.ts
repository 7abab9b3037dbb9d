import { describe, expect, it } from 'vitest';
import type { RunFacts } from '../../../src/aggregate/run-facts.ts';
import { fleetUsage } from '../../../src/cost/fleet-usage.ts';
import { FUNCTION_MEMORY } from '../../../src/cost/functions.ts';
import { serverlessUsage } from '../../../src/cost/serverless-usage.ts';
import { sharedUsage } from '../../../src/cost/shared-usage.ts';
import { TRANSITIONS } from '../../../src/cost/transitions.ts';
import { findPrices } from '../../../src/prices/prices.ts';
import { classifyParamsSchema } from '../../../src/workloads/classify/schema.ts';
import { embedParamsSchema } from '../../../src/workloads/embed/schema.ts';
import { knnParamsSchema } from '../../../src/workloads/knn/schema.ts';
import { armOf, realRun } from './runs.ts';

const run = realRun();
const training = { prefix: 'known/', itemsKey: 'items.json', items: 1_000, bytes: 300_000 };

const learning = (changes: Partial<RunFacts['plan']> = {}, resume: string | null = null): RunFacts => ({
  ...run,
  request: { ...run.request, resume, workload: { name: 'knn', params: knnParamsSchema.parse({}) } },
  plan: { ...run.plan, training, ...changes },
});

describe('the bill of a run that learns from images', () => {
  const [before, after] = [sharedUsage(run), sharedUsage(learning())];

  it('has the function that prepares them, and its states', () => {
    expect(after.stateTransitions - before.stateTransitions).toBe(TRANSITIONS.inputs);
    expect(after.functions.length).toBe(before.functions.length + 1);
    const longest = (usage: typeof after, memoryMb: number) =>
      usage.functions.filter((each) => each.memoryMb === memoryMb).map(({ billedMs }) => billedMs);
    const [billed = 0] = longest(before, FUNCTION_MEMORY.plan);
    expect(billed).toBeGreaterThan(0);
    expect(longest(after, FUNCTION_MEMORY.plan)).toEqual([0]);
    expect(longest(after, FUNCTION_MEMORY.prepare)).toContain(billed);
  });

  it('has their GETs once, by their own storage classes where they have a prefix of their own', () => {
    const plain = sharedUsage(learning());
    expect((plain.s3.readBytes ?? 0) - (before.s3.readBytes ?? 0)).toBe(training.bytes);
    const storageClasses = {
      STANDARD_IA: { items: 1_000, bytes: 300_000, gets: 1_000, listingGets: 3 },
    };
    const { classes = [] } = sharedUsage(learning({ training: { ...training, storageClasses } })).s3;
    expect(classes.filter(({ storageClass }) => storageClass === 'STANDARD_IA')).toEqual([
      { storageClass: 'STANDARD_IA', gets: 1_000, bytes: 300_000 },
      { storageClass: 'STANDARD_IA', gets: 3, bytes: 0 },
    ]);
  });

  it('has a GET for the label of each image where these are looked for in files beside them', () => {
    const facts = learning();
    const params = knnParamsSchema.parse({ labels: 'json' });
    const inFiles = { ...facts, request: { ...facts.request, workload: { name: 'knn' as const, params } } };
    expect(sharedUsage(inFiles).s3.gets - sharedUsage(facts).s3.gets).toBe(training.items + facts.plan.items);
  });

  it('has them in a run that resumes another one only where that had not got as far as to make the training set', () => {
    const getsOf = (inputs: boolean) => {
      const resumed = { runId: 'earlier', batches: 1, inputs, finished: [] };
      return sharedUsage(learning({ resumed }, 'earlier')).s3.gets;
    };
    expect(getsOf(false)).toBe(sharedUsage(learning()).s3.gets);
    expect(getsOf(false) - getsOf(true)).toBe(training.items);
  });

  it('has the GETs of the workers, each of the list and of the training set', () => {
    const [serverless, fleet] = [armOf(run, 'serverless'), armOf(run, 'fleet')];
    const ofFunctions = (facts: RunFacts, items?: number) =>
      serverlessUsage(facts, serverless, items)?.s3.gets ?? expect.fail('no usage');
    const ofFleet = (facts: RunFacts) =>
      fleetUsage(facts, fleet, findPrices('us-east-1') ?? expect.fail('no prices'))?.s3.gets ??
      expect.fail('no usage');
    const { workerCount = 0 } = serverless.work ?? {};
    expect(workerCount).toBeGreaterThan(0);
    expect(ofFunctions(learning()) - ofFunctions(run)).toBe(2 * workerCount);
    expect(ofFunctions(learning(), 1e6) - ofFunctions(run, 1e6)).toBeCloseTo(2 * run.request.concurrency);
    expect(ofFleet(learning()) - ofFleet(run)).toBe(2 * (fleet.work?.workerCount ?? 0));
  });
});

it('the bill of a run that makes embeddings has what is read for their file, and its PUT', () => {
  const [one, other] = [
    { name: 'classify' as const, params: classifyParamsSchema.parse({ model: 'm.onnx' }) },
    { name: 'embed' as const, params: embedParamsSchema.parse({ model: 'm.onnx', layer: 'flat' }) },
  ].map((workload) => sharedUsage({ ...run, request: { ...run.request, workload } }).s3);
  const { batches } = run.plan;
  const arms = run.rounds.flatMap((round) => round.arms).filter(({ status }) => status !== 'skipped').length;
  // Of each batch the aggregator reads the file for each arm, and the report that and the rows once more.
  expect((other?.gets ?? 0) - (one?.gets ?? 0)).toBe(3 + (arms + 2) * batches);
  expect((other?.puts ?? 0) - (one?.puts ?? 0)).toBe(1);
});
