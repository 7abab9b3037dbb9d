import { beforeEach, describe, expect, it } from 'vitest';
import { layout } from '../../../src/contract/layout.ts';
import { expectResumable, requestToResume } from '../../../src/run/resume.ts';
import { type Run, resolveRun } from '../../../src/run/run.ts';
import { workloadSchema } from '../../../src/workloads/schemas.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';
import { MemoryBucket } from '../aggregate/fixture.ts';

const NORMALISE = { workload: { name: 'normalise', params: { format: 'jpeg', statisticsRun: 'r0' } } };
const resolve = (input: object, runId = 'r2') => resolveRun({ prefix: 'x/', ...input }, runId, 5, DEPLOYMENT);

/** That normalisation, after its range was found. */
const withRange = (max: number, statisticsRun = 'r0') => ({
  workload: workloadSchema.parse({
    ...NORMALISE.workload,
    params: {
      ...resolve(NORMALISE).workload.params,
      ...{ statisticsRun, range: { min: [0, 0, 0], max: [max, max, max] } },
    },
  }),
});

let runs: MemoryBucket;

/** An earlier run `r1` that was planned. */
function put(input: object, changes: Partial<Run> = {}): void {
  runs.put(layout.request('r1'), JSON.stringify({ ...resolve(input, 'r1'), ...changes }));
  runs.put(layout.plan('r1'), '{}');
}

beforeEach(() => {
  runs = new MemoryBucket();
});

describe('expectResumable', () => {
  const check = (input: object) => expectResumable(resolve({ resume: 'r1', ...input }), runs);

  it('has nothing against a run that resumes none', async () => {
    await expectResumable(resolve({}), runs);
  });

  it('takes another fleet, other arms, and more rounds', async () => {
    put({});
    await check({ engine: 'daft', workers: 9, arms: ['fleet'], repeats: 3, memory: 3008, fleetDeadline: 60 });
  });

  it.each([
    ['bucket', { bucket: 'other-data' }],
    ['prefix', { prefix: 'y/' }],
    ['filter', { filter: 'all' }],
    ['shardKeys', { shardKeys: 'path' }],
    ['keysFrom', { keysFrom: 's3://metadata/train.parquet' }],
    ['workload', { workload: { name: 'histogram' } }],
    ['workload', { workload: { name: 'statistics', params: { operation: 'mean' } } }],
    ['workload', { workload: { name: 'statistics', params: { depth: 'native' } } }],
    ['batchSize', { batchSize: 7 }],
    ['imageMemory', { imageMemory: 100 }],
    ['kernel', { kernel: 'portable' }],
  ])('names the field that differs: %s', async (field, input) => {
    put({});
    await expect(check(input)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      source: 'user',
      message: expect.stringMatching(new RegExp(`as in that run, for \`${field}\` but received`)),
    });
  });

  it('goes on with the kernel of the earlier run', async () => {
    put({ kernel: 'native' });
    expect(await requestToResume('r1', runs, {})).toMatchObject({ kernel: 'native' });
    await check({ kernel: 'auto' });
    put({ kernel: 'portable' });
    expect(await requestToResume('r1', runs, {})).toMatchObject({ kernel: 'portable' });
    await expect(check({ kernel: 'auto' })).rejects.toThrow('"portable", as in that run, for `kernel`');
  });

  it('names all of them at once', async () => {
    put({});
    await expect(check({ prefix: 'y/', batchSize: 7 })).rejects.toThrow(
      /for `prefix` but received "y\/"\. .* for `batchSize` but received 7\./,
    );
  });

  it('wants images normalised in the same way, by the same range of a dataset', async () => {
    const run = resolve({ ...NORMALISE, resume: 'r1' });
    put(NORMALISE, withRange(255));
    await expectResumable({ ...run, ...withRange(255) }, runs);
    await expectResumable({ ...run, ...withRange(255, 'measured-again') }, runs);
    await expect(expectResumable({ ...run, ...withRange(254) }, runs)).rejects.toThrow('for `workload`');
    put({ workload: { name: 'normalise', params: { format: 'npy', statisticsRun: 'r0' } } });
    await expect(expectResumable(run, runs)).rejects.toThrow('for `workload`');
  });

  it('refuses a run that is not there, and one that was never planned', async () => {
    await expect(check({})).rejects.toThrow('Expected the id of a run of this stage for `resume`');
    put({});
    runs.objects.delete(layout.plan('r1'));
    await expect(check({})).rejects.toThrow('Expected a run that got as far as its manifest for `resume`');
  });
});

describe('requestToResume', () => {
  it('is that of the earlier run, and gives the same run again', async () => {
    const input = { ...NORMALISE, arms: ['fleet'], workers: 3, batchSize: 7, instanceType: 'c7g.large' };
    put(input);
    const request = await requestToResume('r1', runs, {});
    expect(resolveRun(request, 'r2', 5, DEPLOYMENT)).toEqual(resolve({ ...input, resume: 'r1' }));
  });

  it('leaves the range to be found again, and has the run that it is from', async () => {
    put(NORMALISE, withRange(255));
    expect(await requestToResume('r1', runs, {})).toMatchObject(NORMALISE);
    expect(await requestToResume('r1', runs, {})).not.toHaveProperty('workload.params.range');
  });

  it('lets what is given go before', async () => {
    put({ workers: 3, instanceTypes: ['c7g.large', 'c6g.large'] });
    const given = { prefix: undefined, workers: 5, baseline: false, instanceType: 'm7g.large' };
    const request = await requestToResume('r1', runs, given);
    expect(request).toMatchObject({ prefix: 'x/', workers: 5, baseline: false, instanceType: 'm7g.large' });
    expect(request).not.toHaveProperty('instanceTypes');
  });

  it('leaves out what only the gRPC fleet takes, for another engine', async () => {
    put({ engine: 'grpc', workersMax: 5, targetSeconds: 60 });
    expect(await requestToResume('r1', runs, {})).toMatchObject({ workersMax: 5, targetSeconds: 60 });
    const request = await requestToResume('r1', runs, { engine: 'dask' });
    expect(request).not.toHaveProperty('workersMax');
    expect(request).not.toHaveProperty('targetSeconds');
  });

  it('checks what comes of it', async () => {
    put({});
    await expect(requestToResume('r1', runs, { workers: 0 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(requestToResume('r7', runs, {})).rejects.toThrow('for `resume` but received "r7"');
  });
});
