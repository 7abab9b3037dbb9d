import { CreateBucketCommand, DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import type { Arm } from '../../src/contract/arm.ts';
import { layout } from '../../src/contract/layout.ts';
import { planSchema } from '../../src/contract/plan.ts';
import { failedRow, serializeRow } from '../../src/contract/row.ts';
import type { Reduced } from '../../src/contract/stage.ts';
import { takeOver } from '../../src/plan/take-over.ts';
import { resolveRun } from '../../src/run/run.ts';
import { countsOfTakenOver } from '../../src/worker/taken-over.ts';
import { HISTOGRAMS } from '../../src/workloads/facts.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { planOf } from '../support/plan.ts';
import { inputFile } from '../support/sums-workload.ts';
import { spanOf } from '../unit/aggregate/fixture.ts';

const RUNS = 'resumed-runs';
const NASTY = 'x/ a+b #1?%20 "😀".jpg';

let emulator: Emulator;
let store: ObjectStore;

beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(emulator.s3, RUNS);
});
afterAll(() => emulator?.stop());

const run = (runId: string, input: object = {}) =>
  resolveRun({ prefix: 'x/', resume: 'earlier', ...input }, runId, 5, {
    stage: 'local',
    dataBucket: 'data',
    requesterPays: false,
    runsBucket: RUNS,
    measureFunction: 'f',
    measureModelFunction: 'f-model',
    models: true,
    memory: 1769,
    concurrency: 4,
    batchSize: 100,
    schedule: 'sequential',
    fleetHeartbeat: 60,
    nativeKernels: { packedFor: ['x64', 'arm64'], functions: 'x64' },
  });

/** Plan a run of this id by hand; what is in its manifest does not matter to the copying. */
async function putPlan(runId: string): Promise<void> {
  await store.put(layout.manifest(runId), '[\n{"batch":0}\n]\n', 'application/json');
  await store.putJson(layout.plan(runId), planOf(runId, 9));
}

async function putBatch(runId: string, arm: Arm, round: number, batch: number, rows = ''): Promise<void> {
  await store.put(layout.result(runId, arm, round, batch), rows, 'application/x-ndjson');
  await store.putJson(layout.span(runId, arm, round, batch), spanOf(arm, batch, { round }));
}

async function keysOf(runId: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(layout.run(runId))) keys.push(key.slice(layout.run(runId).length));
  return keys;
}

describe('takeOver', () => {
  it('copies what is finished of the arms and rounds that the run has, and says how much', async () => {
    // Prepare
    await putPlan('earlier');
    for (const batch of [0, 1, 2]) await putBatch('earlier', 'fleet', 0, batch);
    await putBatch('earlier', 'fleet', 1, 4);
    await putBatch('earlier', 'fleet', 2, 5);
    await putBatch('earlier', 'serverless', 0, 6);
    await store.put(layout.result('earlier', 'fleet', 0, 7), 'no span', 'application/x-ndjson');
    await store.putJson(layout.span('earlier', 'fleet', 0, 8), 'no result');
    await store.putJson(layout.armInfo('earlier', 'fleet', 0), {});

    // Act
    const again = run('again', { arms: ['fleet'], repeats: 2 });
    const plan = await takeOver({ store, run: again, resume: 'earlier' });

    // Assess
    expect(plan).toMatchObject({
      ...{ items: 90, batches: 9, skipped: 1 },
      manifestKey: layout.manifest('again'),
      resumed: { runId: 'earlier', batches: 4, inputs: false, finished: [] },
    });
    expect(planSchema.parse(await store.getJson(layout.plan('again')))).toEqual(plan);
    expect(await store.get(layout.manifest('again'))).toEqual(await store.get(layout.manifest('earlier')));
    expect(await keysOf('again')).toEqual([
      ...[0, 1, 2].map((batch) => `fleet/round-0/results/00000000${batch}.jsonl`),
      ...[0, 1, 2].map((batch) => `fleet/round-0/spans/00000000${batch}.json`),
      'fleet/round-1/results/000000004.jsonl',
      'fleet/round-1/spans/000000004.json',
      'manifest.json',
      'plan.json',
    ]);
    const etag = async (runId: string) => {
      const Key = layout.span(runId, 'fleet', 0, 1);
      return (await emulator.s3.send(new HeadObjectCommand({ Bucket: RUNS, Key }))).ETag;
    };
    expect(await etag('again')).toBe(await etag('earlier'));
  });

  it('takes over normalised images, and a batch only with all of them', async () => {
    // Prepare
    await putPlan('made');
    const row = (key: string) => `${serializeRow({ key, width: 1, height: 1, channels: 3 })}\n`;
    const failed = `${serializeRow(failedRow('x/bad.jpg', 'NOT_AN_IMAGE'))}\n`;
    await putBatch('made', 'fleet', 0, 0, row(NASTY) + failed);
    await putBatch('made', 'fleet', 0, 1, row('x/b.jpg') + row('x/gone.jpg'));
    for (const key of [NASTY, 'x/b.jpg']) {
      await store.put(layout.normalised('made', 'fleet', 0, key, 'png'), `png of ${key}`, 'image/png');
    }

    // Act
    const again = run('remade', { arms: ['fleet'], workload: { name: 'normalise' } });
    const { resumed } = await takeOver({ store, run: again, resume: 'made' });

    // Assess
    expect(resumed).toEqual({ runId: 'made', batches: 1, inputs: false, finished: [] });
    const keys = await keysOf('remade');
    expect(keys).toContain(`fleet/round-0/normalised/${NASTY}.png`);
    expect(keys.filter((key) => key.includes('000000001'))).toEqual([]);
    const copy = await store.get(layout.normalised('remade', 'fleet', 0, NASTY, 'png'));
    expect(copy.toString()).toBe(`png of ${NASTY}`);
  });

  it('takes over no batch whose span or rows somebody has changed, and says where the plan is none any more', async () => {
    // Prepare
    await putPlan('changed');
    for (const batch of [0, 1, 2, 3]) await putBatch('changed', 'fleet', 0, batch, '{"key":"x/a.jpg"}\n');
    const damage = (key: string, text: string) => store.put(key, text, 'application/json');
    await damage(layout.span('changed', 'fleet', 0, 0), '{"errors":');
    await damage(layout.span('changed', 'fleet', 0, 1), '{}');
    for (const [batch, row] of ['{"key":', '{"key":"x/a.jpg","error":null}'].entries()) {
      await putBatch('changed', 'fleet', 0, 2 + batch, `${row}\n`);
      await store.putJson(
        layout.span('changed', 'fleet', 0, 2 + batch),
        spanOf('fleet', batch, { errors: 1 }),
      );
    }
    await putBatch('changed', 'fleet', 0, 4);
    const again = run('unchanged', { arms: ['fleet'] });

    // Act
    const { resumed } = await takeOver({ store, run: again, resume: 'changed' });

    // Assess
    expect(resumed).toMatchObject({ batches: 1 });
    await damage(layout.inputs('changed'), '{"notes":');
    const withInputs = { ...again, hasInputs: true };
    await expect(takeOver({ store, run: withInputs, resume: 'changed' })).rejects.toThrow(
      '[INVALID_INPUT] runs/changed/inputs.json is not valid. Expected JSON but found none',
    );
    await damage(layout.plan('changed'), '{');
    await expect(takeOver({ store, run: again, resume: 'changed' })).rejects.toThrow(
      '[INVALID_INPUT] runs/changed/plan.json is not valid. Expected JSON but found none',
    );
  });

  it('takes over no batch with images that S3 refused: somebody may have been given the right since', async () => {
    // Prepare
    await putPlan('refused');
    const rows = ['OBJECT_DENIED', 'OBJECT_ARCHIVED', 'OBJECT_MISSING', 'DECODE_FAILED'] as const;
    for (const [batch, code] of rows.entries()) {
      await putBatch('refused', 'fleet', 0, batch, `${serializeRow(failedRow('x/a.jpg', code))}\n`);
      const span = spanOf('fleet', batch, { items: 1, errors: 1 });
      await store.putJson(layout.span('refused', 'fleet', 0, batch), span);
    }

    // Act
    const { resumed } = await takeOver({
      store,
      run: run('allowed', { arms: ['fleet'] }),
      resume: 'refused',
    });

    // Assess
    expect(resumed).toMatchObject({ batches: 2 });
    expect((await keysOf('allowed')).filter((key) => key.includes('/results/'))).toEqual([
      'fleet/round-0/results/000000002.jsonl',
      'fleet/round-0/results/000000003.jsonl',
    ]);
  });

  it('takes over histograms, and a batch only with its own', async () => {
    // Prepare
    await putPlan('counted');
    for (const batch of [0, 1]) await putBatch('counted', 'serverless', 0, batch);
    await store.put(
      layout.batchFile(HISTOGRAMS, 'counted', 'serverless', 0, 1),
      'the counts',
      'application/json',
    );

    // Act
    const again = run('recounted', { arms: ['serverless'], workload: { name: 'histogram' } });
    const { resumed } = await takeOver({ store, run: again, resume: 'counted' });

    // Assess
    expect(resumed).toEqual({ runId: 'counted', batches: 1, inputs: false, finished: [] });
    expect((await keysOf('recounted')).filter((key) => key.startsWith('serverless/'))).toEqual([
      'serverless/round-0/histograms/000000001.json',
      'serverless/round-0/results/000000001.jsonl',
      'serverless/round-0/spans/000000001.json',
    ]);
    const copy = await store.get(layout.batchFile(HISTOGRAMS, 'recounted', 'serverless', 0, 1));
    expect(copy.toString()).toBe('the counts');
  });

  it('takes over what was prepared for all workers, as its own', async () => {
    // Prepare
    await putPlan('learned');
    const items = layout.inputFile('learned', 'training-items.json');
    await store.putJson(layout.plan('learned'), {
      ...((await store.getJson(layout.plan('learned'))) as object),
      training: { prefix: 'x/', itemsKey: items, items: 3, bytes: 7 },
    });
    await store.put(items, '[\n]\n', 'application/json');
    const resumeBy = (runId: string) =>
      takeOver({
        ...{ store, resume: 'learned' },
        run: run(runId, { arms: ['fleet'], workload: { name: 'knn' }, resume: 'learned' }),
      });

    // Act
    const early = await resumeBy('before');
    const training = { key: layout.inputFile('learned', 'training.bin'), sha256: 'a1'.repeat(32), bytes: 5 };
    await store.put(training.key, 'a set', 'application/octet-stream');
    const notes = [{ code: 'C', message: 'M', count: 1, examples: ['e'] }];
    await store.putJson(layout.inputs('learned'), { training, notes });
    await resumeBy('after');

    // Assess
    expect(early.training).toEqual({
      ...{ prefix: 'x/', items: 3, bytes: 7 },
      itemsKey: layout.inputFile('before', 'training-items.json'),
    });
    expect(await keysOf('before')).toEqual(['inputs/training-items.json', 'manifest.json', 'plan.json']);
    const key = layout.inputFile('after', 'training.bin');
    expect(await store.getJson(layout.inputs('after'))).toEqual({ training: { ...training, key }, notes });
    expect((await store.get(key)).toString()).toBe('a set');
  });

  it('can be done again, and again from what was resumed itself', async () => {
    const again = run('again', { arms: ['fleet'], repeats: 2 });
    const once = await takeOver({ store, run: again, resume: 'earlier' });
    const third = run('third', { arms: ['fleet'] });
    expect(await takeOver({ store, run: again, resume: 'earlier' })).toEqual(once);
    expect((await takeOver({ store, run: third, resume: 'again' })).resumed).toEqual({
      runId: 'again',
      batches: 3,
      inputs: false,
      finished: [],
    });
  });

  it('says which arms have nothing left to do, of which rounds', async () => {
    await putPlan('whole');
    for (const batch of Array(9).keys()) {
      await putBatch('whole', 'fleet', 1, batch);
      if (batch < 8) await putBatch('whole', 'serverless', 1, batch);
    }
    const { resumed } = await takeOver({ store, run: run('rest', { repeats: 2 }), resume: 'whole' });
    expect(resumed).toEqual({
      runId: 'whole',
      batches: 17,
      inputs: false,
      finished: [{ arm: 'fleet', round: 1 }],
    });
  });

  describe('of a run with stages', () => {
    const staged = (runId: string, resume: string) => ({
      ...run(runId, { arms: ['fleet'], resume }),
      hasStages: true,
    });
    const putStage = async (runId: string, stage: number, batches: number) => {
      for (let batch = 0; batch < batches; batch += 1) {
        const place = [runId, 'fleet', 0, batch, stage] as const;
        await store.put(layout.result(...place), '', 'application/x-ndjson');
        await store.putJson(layout.span(...place), spanOf('fleet', batch, { stage }));
      }
    };
    const reduce = async (runId: string, stage: number, isLast: boolean) => {
      const key = layout.outcome(runId, 'fleet', 0, stage);
      await store.put(key, `outcome ${stage}`, 'application/json');
      const outcome = inputFile(key, `outcome ${stage}`);
      const times = { startedAt: 1, endedAt: 2, cpuMs: 3 };
      await store.putJson(layout.reduced(runId, 'fleet', 0, stage), {
        ...{ stage, outcome, isLast, batches: 9, ...times },
      } satisfies Reduced);
    };

    it('takes stage by stage, with what each came to as its own, up to the first that is not whole', async () => {
      // Prepare
      await putPlan('staged');
      for (const stage of [0, 1]) {
        await putStage('staged', stage, 9);
        await reduce('staged', stage, false);
      }
      await putStage('staged', 2, 4);
      await putStage('staged', 3, 9);
      await reduce('staged', 3, true);

      // Act
      const { resumed } = await takeOver({ store, run: staged('goes-on', 'staged'), resume: 'staged' });

      // Assess
      expect(resumed).toMatchObject({ runId: 'staged', batches: 22, finished: [] });
      const keys = await keysOf('goes-on');
      const of = (stage: number) => keys.filter((key) => key.startsWith(`fleet/round-0/stage-${stage}/`));
      expect([0, 1, 2, 3].map((stage) => of(stage).length)).toEqual([20, 20, 8, 0]);
      expect(of(2).filter((key) => /outcome|reduced/.test(key))).toEqual([]);
      const key = layout.outcome('goes-on', 'fleet', 0, 1);
      expect((await store.get(key)).toString()).toBe('outcome 1');
      expect(await store.getJson(layout.reduced('goes-on', 'fleet', 0, 1))).toMatchObject({
        outcome: inputFile(key, 'outcome 1'),
        startedAt: 1,
      });
    });

    it('has nothing left to do once the last stage is reduced, and not before', async () => {
      await putPlan('ended');
      await putStage('ended', 0, 9);
      const early = await takeOver({ store, run: staged('unreduced', 'ended'), resume: 'ended' });
      await reduce('ended', 0, true);
      const late = await takeOver({ store, run: staged('over', 'ended'), resume: 'ended' });
      const again = await takeOver({ store, run: staged('over-again', 'over'), resume: 'over' });
      expect(early.resumed).toMatchObject({ batches: 9, finished: [] });
      expect(late.resumed).toMatchObject({ batches: 9, finished: [{ arm: 'fleet', round: 0 }] });
      expect(again.resumed).toMatchObject({ finished: [{ arm: 'fleet', round: 0 }] });
    });

    it('takes no batch without what it adds up to, and so nothing behind its stage', async () => {
      await putPlan('lacking');
      for (const stage of [0, 1]) {
        await putStage('lacking', stage, 9);
        for (let batch = stage === 0 ? 1 : 0; batch < 9; batch += 1) {
          await store.putJson(layout.batchFile('sums', 'lacking', 'fleet', 0, batch, stage), {});
        }
      }
      await reduce('lacking', 0, true);
      const again = {
        ...run('healed', { arms: ['fleet'], workload: { name: 'kmeans' }, resume: 'lacking' }),
        hasInputs: false,
      };
      const { resumed } = await takeOver({ store, run: again, resume: 'lacking' });
      expect(resumed).toMatchObject({ batches: 8, finished: [] });
      const keys = await keysOf('healed');
      expect(keys.filter((key) => key.includes('000000000') || /reduced|stage-1/.test(key))).toEqual([]);
    });

    it.each(['gone', 'damaged', 'said to be by damaged JSON', 'that of another stage'])(
      'reduces a stage again whose outcome is %s, and takes nothing behind it',
      async (how) => {
        await putPlan(how);
        for (const stage of [0, 1]) await putStage(how, stage, 9);
        await reduce(how, 0, false);
        await reduce(how, 1, true);
        const Key = layout.outcome(how, 'fleet', 0, 0);
        const reduced = layout.reduced(how, 'fleet', 0, 0);
        if (how === 'damaged') await store.put(Key, 'outcome', 'application/json');
        else if (how.includes('JSON')) await store.put(reduced, '{"stage":0,', 'application/json');
        else if (how.includes('another')) await store.copy(layout.reduced(how, 'fleet', 0, 1), reduced);
        else await emulator.s3.send(new DeleteObjectCommand({ Bucket: RUNS, Key }));
        const { resumed } = await takeOver({ store, run: staged(`regained-${how}`, how), resume: how });
        expect(resumed).toMatchObject({ batches: 9, finished: [] });
        const keys = await keysOf(`regained-${how}`);
        expect(keys.filter((key) => /reduced|stage-1/.test(key))).toEqual([]);
      },
    );
  });

  it('needs the plan of the earlier run', async () => {
    await expect(takeOver({ store, run: run('r'), resume: 'none' })).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
  });
});

describe('countsOfTakenOver', () => {
  const work = (batch: number) => ({
    runId: 'counted',
    round: 0,
    bucket: 'data',
    requesterPays: false,
    kernel: 'auto' as const,
    runsBucket: RUNS,
    workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    imageMemory: 1024,
    stage: null,
    batch: { batch, bytes: 0, objects: [] },
  });

  it('finds the counts of a batch that has its span and its other files, and nothing for one that lacks some', async () => {
    const requests = new S3Requests(s3Access(emulator.s3));
    const histogram = (batch: number) => ({
      ...work(batch),
      workload: { name: 'histogram', params: { depth: '8' } },
    });
    for (const batch of [3, 5]) {
      const span = spanOf('serverless', batch, { items: 11, errors: 2 });
      await store.putJson(layout.span('counted', 'serverless', 0, batch), span);
    }
    // Without rows, which is no reason to do it again
    await store.put(layout.result('counted', 'serverless', 0, 3), '', 'application/x-ndjson');
    expect(await countsOfTakenOver(work(3), requests)).toEqual({ batch: 3, items: 11, errors: 2 });
    expect(await countsOfTakenOver(work(4), requests)).toBeNull();
    expect(await countsOfTakenOver(work(5), requests)).toBeNull();
    expect(await countsOfTakenOver(histogram(3), requests)).toBeNull();
    const file = layout.batchFile(HISTOGRAMS, 'counted', 'serverless', 0, 3);
    await store.put(file, '{"counts":[1,2,3]}', 'application/json');
    expect(await countsOfTakenOver(histogram(3), requests)).toMatchObject({ batch: 3 });
    await expect(
      countsOfTakenOver({ ...work(3), runsBucket: 'no-such-bucket' }, requests),
    ).rejects.toMatchObject({ code: 'NoSuchBucket' });
    requests.close();
  });
});
