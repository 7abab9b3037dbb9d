import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AggregateArmInput, aggregateArm } from '../../../src/aggregate/arm.ts';
import { armAggregateSchema } from '../../../src/aggregate/arm-aggregate.ts';
import { stageOfRows } from '../../../src/aggregate/stages.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import { type Row, serializeRow } from '../../../src/contract/row.ts';
import { writeState } from '../../../src/workloads/kmeans/state.ts';
import { batchesOf, MemoryBucket, putManifest, rowOf } from './fixture.ts';
import { outcomeOf, putStage } from './staged.ts';

const RUN = 'run-1';
const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}.jpg`);
const batches = batchesOf(keys, 10);
/** Rows differ from stage to stage. */
const rowFor =
  (stage: number) =>
  (key: string): Row =>
    rowOf(key, [10 + stage, 20, 30], [200, 210, 220]);

/** Three stages: maps of 1 s from 1000, 3000 and 5000, each reduced after a pause of 200 ms for 300 ms. */
function stagedBucket({ stages = 3, arm = 'serverless' as Arm } = {}): MemoryBucket {
  const bucket = new MemoryBucket();
  putManifest(bucket, RUN, batches);
  for (let stage = 0; stage < stages; stage += 1) {
    const from = 1000 + 2000 * stage;
    putStage(bucket, { runId: RUN, arm }, batches, {
      stage,
      isLast: stage === 2,
      map: [from, from + 1000],
      reduce: [from + 1200, from + 1500],
      rowFor: rowFor(stage),
      span: stage === 0 ? { gets: 10 } : { gets: 0, bytes: 0, cpuMs: 100 },
    });
  }
  return bucket;
}

function aggregate(reader: MemoryBucket, over: Partial<AggregateArmInput> = {}) {
  return aggregateArm({
    ...{ reader, runId: RUN, arm: 'serverless', round: 0, hasStages: true },
    workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    startedAt: 500,
    endedAt: 7000,
    ...over,
  });
}

describe('stageOfRows', () => {
  const reduced = (...all: boolean[]) => all.map((isReduced, stage) => ({ stage, isReduced }));

  it('is the last one that was reduced', () => {
    expect(stageOfRows([])).toBeUndefined();
    expect(stageOfRows(reduced(true, true))).toBe(1);
    expect(stageOfRows(reduced(true, true, false))).toBe(1);
    expect(stageOfRows(reduced(false))).toBe(0);
  });
});

const codes = (arm: { problems: readonly { code: string }[] }) => arm.problems.map(({ code }) => code);

describe('aggregateArm with stages', () => {
  it('has the rows of the last stage, and a digest of all outcomes and these rows', async () => {
    // Act
    const arm = await aggregate(stagedBucket());

    // Assess
    const rows = keys.map((key) => `${serializeRow(rowFor(2)(key))}\n`).join('');
    const digest = createHash('sha256')
      .update([0, 1, 2].map(outcomeOf).join('') + rows)
      .digest('hex');
    expect(arm).toMatchObject({ valid: true, problems: [], batches: 3, items: 25, digest });
    expect(arm.answer).toMatchObject({ dataset: { channels: [{ min: { level: 12 } }, {}, {}] } });
    expect(armAggregateSchema.parse(JSON.parse(JSON.stringify(arm)))).toEqual(arm);
  });

  it('adds up the spans of all stages', async () => {
    const { work, use, timing, stages, timeline } = await aggregate(stagedBucket());
    expect(work).toMatchObject({ spans: 9, cpuMs: 3 * 700 + 6 * 100, workerCount: 3 });
    expect(work.kept).toEqual({ batches: 6, items: 50, processMs: 6 * 1000, cpuMs: 6 * 100 });
    expect(use.gets).toBe(30);
    expect(timeline.batches).toBe(9);
    expect(timing).toMatchObject({
      peakConcurrency: 3,
      phases: { provision: 500, process: 3000, teardown: 500 },
      // Of each stage 200 ms before its reduce, and of the last two 500 ms before their batches.
      overhead: { batch: 0, reduce: 900, betweenStages: 3 * 200 + 2 * 500, unmeasured: 0 },
      unexplainedMs: 0,
    });
    expect(stages).toEqual(
      [0, 1, 2].map((stage) => ({
        stage,
        isReduced: true,
        startedAt: 1000 + 2000 * stage,
        mapEndedAt: 2000 + 2000 * stage,
        reducedAt: 2500 + 2000 * stage,
        reduceMs: 300,
        reduceCpuMs: 7,
        batches: 3,
        batchesTakenOver: 0,
        cpuMs: stage === 0 ? 2100 : 300,
        kept: stage === 0 ? 0 : 3,
      })),
    );
  });

  it('takes no batch for kept of which all items were refused, so that nothing was asked for', async () => {
    const bucket = stagedBucket();
    const refused = (batch: number, errors: number) => {
      const key = layout.span(RUN, 'serverless', 0, batch, 1);
      const span = JSON.parse(bucket.objects.get(key)?.toString() ?? '');
      bucket.put(key, JSON.stringify({ ...span, errors }));
    };
    refused(0, 10);
    refused(1, 9);
    expect((await aggregate(bucket)).stages.map(({ kept }) => kept)).toEqual([0, 2, 3]);
  });

  it('has none of these where the arm is a single map', async () => {
    expect((await aggregate(stagedBucket(), { hasStages: false })).stages).toEqual([]);
  });

  it('is not valid where the stages do not go on to a last one, and has the rows of the one before', async () => {
    // Prepare: stage 2 left two spans, and was not reduced
    const bucket = stagedBucket();
    bucket.objects.delete(layout.reduced(RUN, 'serverless', 0, 2));
    bucket.objects.delete(layout.span(RUN, 'serverless', 0, 1, 2));

    // Act
    const arm = await aggregate(bucket);

    // Assess
    expect(arm).toMatchObject({ valid: false, items: 25, work: { spans: 8 } });
    expect(arm.problems).toMatchObject([{ code: 'STAGE_MISSING', examples: ['stage 2 was not reduced'] }]);
    expect(arm.answer).toMatchObject({ dataset: { channels: [{ min: { level: 11 } }, {}, {}] } });
    expect(arm.stages[2]).toMatchObject({
      stage: 2,
      isReduced: false,
      batches: 2,
      reducedAt: null,
      reduceMs: null,
    });
  });

  it('has the rows of the first stage where none was reduced', async () => {
    const bucket = stagedBucket({ stages: 1 });
    bucket.objects.delete(layout.reduced(RUN, 'serverless', 0, 0));
    bucket.objects.delete(layout.result(RUN, 'serverless', 0, 1, 0));
    const arm = await aggregate(bucket);
    expect(codes(arm).sort()).toEqual(['BATCH_MISSING', 'KEY_LOST', 'STAGE_MISSING']);
    expect(arm).toMatchObject({ valid: false, items: 15, work: { spans: 3 } });
  });

  it('says nothing of a stage that was not begun', async () => {
    const arm = await aggregate(stagedBucket({ stages: 2 }));
    expect(codes(arm)).toEqual(['STAGE_MISSING']);
    expect(arm.stages).toHaveLength(2);
    expect(arm.timing).toMatchObject({ phases: { teardown: 2500 }, unexplainedMs: 0 });
  });

  it.each<[string, (bucket: MemoryBucket) => void, string[]]>([
    [
      'an outcome that was changed',
      (bucket) => bucket.put(layout.outcome(RUN, 'serverless', 0, 1), '{}'),
      ['OUTCOME_DAMAGED'],
    ],
    [
      'an outcome that is gone',
      (bucket) => bucket.objects.delete(layout.outcome(RUN, 'serverless', 0, 1)),
      ['OUTCOME_DAMAGED'],
    ],
    [
      'a reduced.json of another stage',
      (bucket) => {
        const [from, to] = [0, 1].map((stage) => layout.reduced(RUN, 'serverless', 0, stage));
        bucket.put(to ?? '', bucket.objects.get(from ?? '') ?? '');
      },
      ['STAGE_MISSING'],
    ],
    [
      'a reduced.json that is cut off',
      (bucket) => bucket.put(layout.reduced(RUN, 'serverless', 0, 2), '{"stage"'),
      ['STAGE_MISSING'],
    ],
    [
      'a foreign file in an earlier stage',
      (bucket) => bucket.put(layout.result(RUN, 'serverless', 0, 9, 1), ''),
      ['FILE_FOREIGN'],
    ],
  ])('is not valid with %s', async (_, damage, expected) => {
    const bucket = stagedBucket();
    damage(bucket);
    const arm = await aggregate(bucket);
    expect(arm.valid).toBe(false);
    expect(codes(arm)).toEqual(expected);
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -9)],
    ['empty', () => ''],
    ['no JSON, and ends as one', (text: string) => text.replace('"centres"', 'centres')],
  ])('has the images of kmeans where its last outcome is %s', async (_, damage) => {
    // Prepare
    const bucket = new MemoryBucket();
    putManifest(bucket, RUN, batches);
    const outcomes = [1, 2].map((value) =>
      writeState({
        ...{ width: 1, height: 1, sizes: [keys.length], inertia: '7.000000' },
        centres: [{ count: keys.length, sum: [value, value, value] }],
      }),
    );
    for (const [stage, outcome] of outcomes.entries()) {
      putStage(bucket, { runId: RUN, arm: 'serverless' }, batches, {
        ...{ stage, outcome, isLast: stage === 1, map: [1000, 2000], reduce: [2200, 2500] },
        rowFor: (key) => ({ key, width: 1, height: 1, channels: 3, label: '0' }),
      });
    }
    bucket.put(layout.outcome(RUN, 'serverless', 0, 1), damage(outcomes[1] ?? ''));

    // Act
    const arm = await aggregate(bucket, { workload: { name: 'kmeans', params: { k: 1, maxIterations: 2 } } });

    // Assess
    expect(codes(arm)).toEqual(['OUTCOME_DAMAGED']);
    expect(arm).toMatchObject({ valid: false, items: 25, answer: { clusters: [{ size: 25 }] } });
  });

  it('takes no span of another stage', async () => {
    const bucket = stagedBucket();
    const span = bucket.objects.get(layout.span(RUN, 'serverless', 0, 1, 0)) ?? '';
    bucket.put(layout.span(RUN, 'serverless', 0, 1, 1), span);
    const arm = await aggregate(bucket);
    expect(arm).toMatchObject({ valid: true, work: { spans: 8 } });
    expect(arm.problems).toMatchObject([{ code: 'SPAN_INVALID', examples: ['stage 1, 1'] }]);
    expect(arm.timing.peakConcurrency).toBe(3);
  });

  it('counts no times of stages and batches that an earlier run did', async () => {
    // Act: the run began after the first stage, and after the batches of the second one
    const arm = await aggregate(stagedBucket(), { resumedAt: 3500, startedAt: 4000 });

    // Assess
    expect(arm).toMatchObject({ valid: true, items: 25, batchesTakenOver: 6, work: { spans: 3 } });
    const none = { startedAt: null, mapEndedAt: null };
    expect(arm.stages).toMatchObject([
      { ...none, reducedAt: null, reduceMs: null, batches: 3, batchesTakenOver: 3, cpuMs: 0 },
      { ...none, reducedAt: 4500, reduceMs: 300, batchesTakenOver: 3 },
      { startedAt: 5000, reducedAt: 6500, batchesTakenOver: 0 },
    ]);
    expect(arm.timing).toMatchObject({
      wallMs: 3000,
      phases: { process: 1000, teardown: 500 },
      overhead: { reduce: 600, unmeasured: 0 },
    });
  });

  it('takes the head of a fleet at its word for each stage', async () => {
    const bucket = stagedBucket({ arm: 'fleet' });
    bucket.put(layout.seen(RUN, 0, 0), '{"batch":0,"seenAt":2010}\n{"batch":1,"seenAt":2010}\n');
    bucket.put(layout.leases(RUN, 0, 2), '{"batch":2,"worker":"w2","givenAt":4990,"seenAt":6020}\n');
    const { clocks } = await aggregate(bucket, { arm: 'fleet' });
    expect(clocks).toMatchObject({ seenBatches: 3, hostCount: 4, returnMs: { min: 10, max: 20 } });
  });

  it('puts the reduces of a head whose clock is wrong onto that of AWS', async () => {
    const bucket = stagedBucket({ arm: 'fleet' });
    const ahead = { offsetLowMs: -101, offsetHighMs: -99 };
    const { stages } = await aggregate(bucket, { arm: 'fleet', headClock: ahead });
    expect(stages.map(({ reducedAt }) => reducedAt)).toEqual([2400, 4400, 6400]);
  });
});
