import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arm } from '../../../src/contract/arm.ts';
import { type Deployment, passes, resolveRun, runSchema } from '../../../src/run/run.ts';
import { mostRounds } from '../../../src/run/stage-limit.ts';
import { mostStages, WORKLOADS } from '../../../src/workloads/facts.ts';
import { runsModel, type WorkloadName } from '../../../src/workloads/names.ts';
import { leastRequest } from '../workloads/least-request.ts';

const deployment: Deployment = {
  stage: 'prod',
  dataBucket: 'data',
  requesterPays: false,
  runsBucket: 'runs',
  measureFunction: 'fanfleet-prod-measure',
  measureModelFunction: 'fanfleet-prod-measure-model',
  models: true,
  memory: 1769,
  concurrency: 1000,
  batchSize: 100,
  schedule: 'parallel',
  fleetHeartbeat: 600,
  nativeKernels: { packedFor: ['x64', 'arm64'], functions: 'x64' },
};
const resolve = (input: unknown, changes: Partial<Deployment> = {}) =>
  resolveRun(input, 'r1', 5, { ...deployment, ...changes });

describe('resolveRun', () => {
  it.each([
    [undefined, true, true],
    [false, true, false],
    [true, false, true],
  ])(
    'where the request says %s of who pays, and the deployment %s, it is %s',
    (asked, requesterPays, pays) => {
      const input = { prefix: 'x/', ...(asked === undefined ? {} : { requesterPays: asked }) };
      expect(resolve(input, { requesterPays }).requesterPays).toBe(pays);
    },
  );

  it('takes from the deployment what the request leaves out', () => {
    expect(resolve({ prefix: 'x/' })).toEqual({
      runId: 'r1',
      startedAt: 5,
      stage: 'prod',
      bucket: 'data',
      runsBucket: 'runs',
      prefix: 'x/',
      requesterPays: false,
      filter: 'suffix',
      shardKeys: 'auto',
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
      hasInputs: false,
      hasStages: false,
      kernel: 'auto',
      kernelNote: null,
      arms: ['serverless', 'fleet'],
      engine: 'daft',
      workers: 2,
      keptFleet: null,
      instanceType: 't3.medium',
      instanceTypes: ['t3.medium'],
      market: 'on-demand',
      swap: 0,
      memory: 1769,
      imageMemory: 1056,
      configureMemory: false,
      measure: { functionName: 'fanfleet-prod-measure' },
      concurrency: 1000,
      batchSize: 100,
      toleratedFailures: 0,
      repeats: 1,
      schedule: 'parallel',
      baseline: true,
      fleetDeadline: 3600,
      fleetHeartbeat: 600,
      mapRunPrefix: 'runs/r1/map-run',
      resume: null,
      passes: [{ round: 0, serverless: true, fleet: true }],
    });
  });

  it.each([
    ['normalise', false],
    ['knn', true],
    ['kmeans', true],
  ])('says of %s whether inputs have to be prepared for it: %s', (name, hasInputs) => {
    expect(resolve({ prefix: 'x/', workload: { name } }).hasInputs).toBe(hasInputs);
  });

  it.each(Object.keys(WORKLOADS) as WorkloadName[])(
    'measures %s with the function that has what it needs',
    (name) => {
      const { measure } = resolve({ prefix: 'x/', workload: leastRequest(name) });
      const isModel = runsModel(name);
      expect(measure.functionName).toBe(`fanfleet-prod-measure${isModel ? '-model' : ''}`);
    },
  );

  it('refuses a workload that runs a model where the stack has nothing for that', () => {
    const input = { prefix: 'x/', workload: leastRequest('classify') };
    expect(() => resolve(input, { models: false })).toThrow(
      '[NO_MODELS] Expected the stack prod to have ONNX Runtime, which runs models, but it was deployed without',
    );
  });

  it.each(Object.keys(WORKLOADS) as WorkloadName[])(
    'knows whether %s has stages, and then has no baseline',
    (name) => {
      const staged = WORKLOADS[name].stages !== null;
      const of = (more: object) => resolve({ prefix: 'x/', workload: leastRequest(name), ...more });
      expect(of({})).toMatchObject({ hasStages: staged, baseline: !staged });
      expect(of({ baseline: false }).baseline).toBe(false);
      if (!staged) expect(of({ baseline: true }).baseline).toBe(true);
      else
        expect(() => of({ baseline: true })).toThrow(
          /Expected false or nothing.*for `baseline` but received true/,
        );
    },
  );

  it.each(Object.keys(WORKLOADS) as WorkloadName[])(
    'has as many rounds of %s as an execution may',
    (name) => {
      const of = (more: object) =>
        resolve({ prefix: 'x/', workload: leastRequest(name), repeats: 50, ...more });
      const { workload } = of({ arms: ['fleet'] });
      const most = mostRounds(mostStages(workload));
      if (WORKLOADS[name].stages === null || most >= 50) expect(of({}).repeats).toBe(50);
      else expect(() => of({})).toThrow(`Expected at most ${most}, since so many stages fill`);
    },
  );

  it('has every setting of the workload', () => {
    const workloadOf = (workload: object) => resolve({ prefix: 'x/', workload }).workload;
    expect(workloadOf({ name: 'statistics', params: { depth: 'native' } })).toEqual({
      name: 'statistics',
      params: { operation: 'stats', depth: 'native' },
    });
    expect(workloadOf({ name: 'normalise' })).toEqual({
      name: 'normalise',
      params: { format: 'png', channels: 'all', quality: 90 },
    });
  });

  it('lets the request go before the deployment', () => {
    const given = { bucket: 'mine', memory: 3008, concurrency: 7, schedule: 'sequential' };
    expect(resolve({ prefix: 'x/', ...given })).toMatchObject({ ...given, runsBucket: 'runs' });
  });

  it.each([
    ['other memory than deployed', { memory: 3008 }, true],
    ['the memory that is deployed', { memory: 1769 }, false],
    ['other memory, but no serverless arm', { memory: 3008, arms: ['fleet'] }, false],
  ])('configures memory for %s: %j', (_, fields, configureMemory) => {
    expect(resolve({ prefix: 'x/', ...fields }).configureMemory).toBe(configureMemory);
  });

  it('takes an arm that is named twice once', () => {
    expect(resolve({ prefix: 'x/', arms: ['fleet', 'fleet'] })).toMatchObject({
      arms: ['fleet'],
      passes: [{ round: 0, serverless: false, fleet: true }],
    });
  });

  it('keeps the heartbeat below the deadline, as Step Functions demands', () => {
    expect(resolve({ prefix: 'x/', fleetDeadline: 60 }).fleetHeartbeat).toBe(59);
  });

  it('gives what the other functions accept', () => {
    const run = resolve({ prefix: 'x/', repeats: 2 });
    expect(runSchema.parse(JSON.parse(JSON.stringify(run)))).toEqual(run);
  });

  it('refuses with the words of the request', () => {
    expect(() => resolve({ prefix: '' })).toThrow(/^\[INVALID_INPUT\] The execution input is not valid\. /);
  });
});

describe('passes', () => {
  const names = (arms: Arm[], schedule: 'sequential' | 'parallel', repeats: number) =>
    passes(arms, schedule, repeats).map(
      ({ round, serverless, fleet }) => `${serverless ? 'A' : ''}${fleet ? 'B' : ''}${round}`,
    );

  it.each<[Arm[], 'sequential' | 'parallel', number, string[]]>([
    [['serverless', 'fleet'], 'sequential', 1, ['A0', 'B0']],
    [['serverless', 'fleet'], 'sequential', 3, ['A0', 'B0', 'A1', 'B1', 'A2', 'B2']],
    [['fleet', 'serverless'], 'sequential', 1, ['A0', 'B0']],
    [['serverless', 'fleet'], 'parallel', 2, ['AB0', 'AB1']],
    [['serverless'], 'sequential', 2, ['A0', 'A1']],
    [['fleet'], 'parallel', 2, ['B0', 'B1']],
  ])('of %j, %s, %i: %j', (arms, schedule, repeats, expected) => {
    expect(names(arms, schedule, repeats)).toEqual(expected);
  });

  it('runs each arm that is asked for once in each round, whatever the schedule', () => {
    const arms = fc.subarray<Arm>(['serverless', 'fleet'], { minLength: 1 });
    fc.assert(
      fc.property(
        arms,
        fc.constantFrom('sequential', 'parallel'),
        fc.integer({ min: 1, max: 50 }),
        (a, s, n) => {
          const all = passes(a, s, n);
          for (const arm of ['serverless', 'fleet'] as const) {
            const rounds = all.filter((pass) => pass[arm]).map(({ round }) => round);
            expect(rounds).toEqual(a.includes(arm) ? Array.from({ length: n }, (_, i) => i) : []);
          }
          expect(all.every(({ serverless, fleet }) => serverless || fleet)).toBe(true);
          if (s === 'sequential')
            expect(all.some(({ serverless, fleet }) => serverless && fleet)).toBe(false);
        },
      ),
    );
  });
});
