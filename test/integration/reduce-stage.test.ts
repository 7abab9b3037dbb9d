import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstStage, type ReduceOptions, reduceStage } from '../../src/aggregate/reduce-stage.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { layout } from '../../src/contract/layout.ts';
import { reducedSchema } from '../../src/contract/stage.ts';
import { type ImageBucket, startImageBucket } from '../support/image-bucket.ts';
import { planOf } from '../support/plan.ts';
import { inputFile, SUM_STAGES, stateOf, sumsReducer } from '../support/sums-workload.ts';

const RUNS = 'reduce-runs';
const BATCHES = 12;
let bucket: ImageBucket;
let store: ObjectStore;

beforeAll(async () => {
  bucket = await startImageBucket('reduce-data');
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
});
afterAll(() => bucket?.stop());

/** A run that has its plan and the state of its first stage. */
async function prepareRun(runId: string): Promise<(stage: number) => ReduceOptions> {
  const start = stateOf({ width: 8, height: 8, sum: 7 });
  const file = inputFile(layout.inputFile(runId, 'start.json'), start);
  await store.put(file.key, start, 'application/json');
  await store.putJson(layout.inputs(runId), { start: file, notes: [] });
  await store.putJson(layout.plan(runId), planOf(runId, BATCHES));
  let cpuMs = 0;
  return (stage) => ({
    ...{ store, runId, arm: 'serverless', round: 1, stage },
    workload: { name: 'sums', params: {} },
    clock: () => 1_000,
    cpuMs: () => (cpuMs += 3),
    reducerOf: (_, state) => sumsReducer(state),
  });
}

async function putSums(runId: string, stage: number): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const key = layout.batchFile('sums', runId, 'serverless', 1, batch, stage);
    await store.putJson(key, { sum: 10 ** (batch % 3) });
  }
}
/** Of all batches. */
const SUM = 4 * 111;

describe('a stage', () => {
  it('is reduced to an outcome, which is the state of the next one, until the last', async () => {
    // Prepare
    const optionsOf = await prepareRun('whole');
    const where = optionsOf(0);

    // Act
    const first = await firstStage(where);
    const stages: Awaited<ReturnType<typeof reduceStage>>[] = [];
    for (let stage = 0; stage < SUM_STAGES; stage += 1) {
      await putSums('whole', stage);
      stages.push(await reduceStage(optionsOf(stage)));
    }

    // Assess
    expect(first).toEqual({
      number: 0,
      state: expect.objectContaining({ key: 'runs/whole/inputs/start.json' }),
    });
    const outcomes = [1, 2, 3].map((times) => stateOf({ width: 8, height: 8, sum: 7 + times * SUM }));
    for (const [stage, outcome] of outcomes.entries()) {
      const key = layout.outcome('whole', 'serverless', 1, stage);
      expect((await store.get(key)).toString('utf8')).toBe(outcome);
      const isLast = stage === SUM_STAGES - 1;
      expect(stages[stage]).toEqual(isLast ? null : { number: stage + 1, state: inputFile(key, outcome) });
      const reduced = await store.getJson(layout.reduced('whole', 'serverless', 1, stage));
      expect(reducedSchema.parse(reduced)).toEqual({
        ...{ stage, isLast, batches: BATCHES, startedAt: 1_000, endedAt: 1_000, cpuMs: 3 },
        outcome: inputFile(key, outcome),
      });
    }
    expect(await firstStage(where)).toBeNull();
  });

  it('that is over is not reduced again, and is not the first one any more', async () => {
    const optionsOf = await prepareRun('twice');
    await putSums('twice', 0);
    const next = await reduceStage(optionsOf(0));
    const refused = () => expect.fail('is reduced again');
    expect(await reduceStage({ ...optionsOf(0), reducerOf: refused })).toEqual(next);
    expect(await firstStage(optionsOf(0))).toEqual(next);
    expect(next?.number).toBe(1);
  });

  it('that lacks batches says how many, and how to go on; nothing is left of it', async () => {
    const optionsOf = await prepareRun('lacks');
    await putSums('lacks', 0);
    for (const batch of [4, 9]) {
      const Key = layout.batchFile('sums', 'lacks', 'serverless', 1, batch, 0);
      await bucket.s3.send(new DeleteObjectCommand({ Bucket: RUNS, Key }));
    }
    await expect(reduceStage(optionsOf(0))).rejects.toMatchObject({
      code: 'STAGE_INCOMPLETE',
      message: expect.stringContaining(
        'Expected a file of each of the 12 batches of stage 0 but 2 are missing, first runs/lacks/serverless/round-1/stage-0/sums/000000004.json: go on with what is done by `fanfleet run --resume lacks`.',
      ),
    });
    expect((await firstStage(optionsOf(0)))?.number).toBe(0);
  });

  it('cannot be reduced before the one that it needs, nor after the last, nor from another outcome', async () => {
    const optionsOf = await prepareRun('order');
    for (const stage of [0, 1, 2, 3]) await putSums('order', stage);
    await expect(reduceStage(optionsOf(1))).rejects.toMatchObject({
      code: 'STAGE_MISSING',
      message: expect.stringContaining(
        'stage 0 of order to be over before stage 1 is reduced but it is not over',
      ),
    });
    for (const stage of [0, 1, 2]) await reduceStage(optionsOf(stage));
    await expect(reduceStage(optionsOf(3))).rejects.toMatchObject({
      code: 'STAGE_MISSING',
      message: expect.stringContaining('it was the last one'),
    });
    const Key = layout.reduced('order', 'serverless', 1, 1);
    await bucket.s3.send(new DeleteObjectCommand({ Bucket: RUNS, Key }));
    const outcome = layout.outcome('order', 'serverless', 1, 0);
    await store.put(outcome, stateOf({ width: 8, height: 8, sum: 0 }), 'application/json');
    await expect(reduceStage(optionsOf(1))).rejects.toMatchObject({ code: 'INPUT_DAMAGED' });
  });

  it.each([
    ['no JSON', () => '{'],
    ['another form', () => '{"stage":0}'],
    ['of another stage', (reduced: object) => JSON.stringify({ ...reduced, stage: 1 })],
  ])('has to have its own reduced.json, not one that is %s', async (name, bodyOf) => {
    const runId = `damaged ${name}`.replaceAll(' ', '-');
    const optionsOf = await prepareRun(runId);
    await putSums(runId, 0);
    await reduceStage(optionsOf(0));
    const key = layout.reduced(runId, 'serverless', 1, 0);
    const body = bodyOf(reducedSchema.parse(await store.getJson(key)));
    await store.put(key, Buffer.from(body), 'application/json');

    const damaged = { code: 'OUTCOME_DAMAGED', message: expect.stringContaining(key) };
    await expect(firstStage(optionsOf(0))).rejects.toMatchObject(damaged);
    await expect(reduceStage(optionsOf(0))).rejects.toMatchObject(damaged);
    await expect(reduceStage(optionsOf(1))).rejects.toMatchObject(damaged);
  });

  it('is of a workload that has some', async () => {
    const optionsOf = await prepareRun('single');
    await putSums('single', 0);
    const { reducerOf: _, ...options } = optionsOf(0);
    const workload = { name: 'statistics', params: {} };
    await expect(reduceStage({ ...options, workload })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('Expected a workload with stages but statistics is a single map.'),
    });
  });

  it('has no beginning where its state was not prepared', async () => {
    const optionsOf = await prepareRun('bare');
    await store.putJson(layout.inputs('bare'), { notes: [] });
    await expect(firstStage(optionsOf(0))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });
});
