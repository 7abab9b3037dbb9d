import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AggregateArmInput, aggregateArm } from '../../../src/aggregate/arm.ts';
import { armAggregateSchema } from '../../../src/aggregate/arm-aggregate.ts';
import { layout } from '../../../src/contract/layout.ts';
import { failedRow, type Row, serializeRow } from '../../../src/contract/row.ts';
import { statisticsIn } from '../../../src/workloads/answers.ts';
import { writeEmbedder } from '../../../src/workloads/embed/embedder-file.ts';
import { EMBEDDER } from '../workloads/embed/embedded.ts';
import { batchesOf, MemoryBucket, putManifest, putRows, rowOf, spanOf } from './fixture.ts';

const RUN = 'run-1';
const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}.jpg`);
const batches = batchesOf(keys, 10);
const rowFor = (key: string): Row =>
  key === 'k07.jpg' ? failedRow(key, 'DECODE_FAILED') : rowOf(key, [10, 20, 30], [200, 210, 220]);
const result = (batch: number) => layout.result(RUN, 'serverless', 0, batch);

describe('aggregateArm', () => {
  it('adds up a sound arm, and its digest is that of its rows', async () => {
    // Prepare
    const bucket = soundBucket();
    const text = keys.map((key) => `${serializeRow(rowFor(key))}\n`).join('');

    // Act
    const arm = await aggregate(bucket);

    // Assess
    expect(arm).toMatchObject({ valid: true, problems: [], batches: 3, items: 25, itemsPlanned: 25 });
    expect(arm.digest).toBe(createHash('sha256').update(text).digest('hex'));
    expect(arm.failures).toEqual([{ code: 'DECODE_FAILED', count: 1, examples: ['k07.jpg'] }]);
    expect(arm.bytes).toBe(24 * 80_000);
    expect(statisticsIn(arm.answer)?.dataset).toMatchObject({
      images: 24,
      exact: { pixels: String(24 * 500 * 376) },
    });
    expect(statisticsIn(arm.answer)?.dataset?.channels[0]?.mean?.level).toBe(105);
    expect(statisticsIn(arm.answer)?.dataset?.channels[0]?.std?.level).toBe(95);
    expect(arm.work).toMatchObject({ spans: 3, cpuMs: 2100, rssPeakBytes: 150_000_000, coldStarts: 1 });
    expect(arm.work.workers).toEqual([
      { worker: 'w1', batches: 2, items: 20, share: 0.8, busyMs: 2000 },
      { worker: 'w2', batches: 1, items: 5, share: 0.2, busyMs: 500 },
    ]);
    expect(arm.timing.wallMs).toBe(4000);
    expect(armAggregateSchema.parse(JSON.parse(JSON.stringify(arm)))).toEqual(arm);
  });

  it.each<[string, (bucket: MemoryBucket) => void, object[]]>([
    [
      'no image that S3 has given',
      (bucket) => {
        for (const [batch, { objects }] of batches.entries()) {
          const code = batch === 0 ? 'OBJECT_ARCHIVED' : 'OBJECT_DENIED';
          putRows(
            bucket,
            result(batch),
            objects.map(({ key }) => failedRow(key, code)),
          );
        }
      },
      [{ code: 'ALL_REFUSED', count: 2, examples: ['OBJECT_ARCHIVED: k00.jpg', 'OBJECT_DENIED: k10.jpg'] }],
    ],
    [
      'a lost key',
      (bucket) => putRows(bucket, result(0), own(0).slice(1)),
      [{ code: 'KEY_LOST', count: 1, examples: ['k00.jpg'] }],
    ],
    [
      'a doubled key',
      (bucket) => putRows(bucket, result(0), [...own(0), rowFor('k03.jpg')]),
      [{ code: 'KEY_DOUBLED', count: 1, examples: ['k03.jpg'] }],
    ],
    [
      'a foreign key',
      (bucket) => putRows(bucket, result(0), [...own(0), rowFor('k11.jpg')]),
      [{ code: 'KEY_FOREIGN', count: 1, examples: ['k11.jpg'] }],
    ],
    [
      'another order',
      (bucket) => putRows(bucket, result(0), own(0).toReversed()),
      [{ code: 'KEY_OUT_OF_ORDER', count: 9 }],
    ],
    [
      'a missing batch',
      (bucket) => bucket.objects.delete(result(1)),
      [
        { code: 'BATCH_MISSING', count: 1, examples: ['1'] },
        { code: 'KEY_LOST', count: 10 },
      ],
    ],
    [
      'a foreign file',
      (bucket) => bucket.put(result(3), ''),
      [{ code: 'FILE_FOREIGN', examples: [result(3)] }],
    ],
    [
      'another name for the same batch',
      (bucket) => bucket.put(result(1).replace('000001', '0000001'), ''),
      [{ code: 'FILE_FOREIGN', count: 1 }],
    ],
    [
      'a row that contradicts itself',
      (bucket) =>
        putRows(bucket, result(2), [{ ...rowFor('k20.jpg'), mean_e6: [1, 2, 3] }, ...own(2).slice(1)]),
      [{ code: 'ROW_INCONSISTENT', count: 1 }],
    ],
    [
      'a file that was cut off',
      (bucket) => bucket.put(result(2), '{"key":"k20.jpg","wid'),
      [
        { code: 'ROW_MALFORMED', count: 2 },
        { code: 'KEY_LOST', count: 5 },
      ],
    ],
    [
      'a file without its last line feed',
      (bucket) => bucket.put(result(2), own(2).map(serializeRow).join('\n')),
      [{ code: 'ROW_MALFORMED', count: 1 }],
    ],
    [
      'bytes that are no UTF-8',
      (bucket) => bucket.put(result(2), Buffer.from([0xff, 0x0a])),
      [
        { code: 'ROW_MALFORMED', count: 1 },
        { code: 'KEY_LOST', count: 5 },
      ],
    ],
  ])('is not valid with %s', async (_, damage, problems) => {
    const bucket = soundBucket();
    damage(bucket);
    const arm = await aggregate(bucket);
    expect(arm.valid).toBe(false);
    expect(arm.problems).toMatchObject(problems);
    expect(arm.problems).toHaveLength(problems.length);
  });

  it('counts a doubled key once, and a foreign one not at all', async () => {
    const bucket = soundBucket();
    putRows(bucket, result(0), [...own(0), rowFor('k03.jpg'), rowFor('k11.jpg')]);
    const arm = await aggregate(bucket);
    expect([arm.items, statisticsIn(arm.answer)?.dataset?.images]).toEqual([25, 24]);
  });

  it('lists at most 20 examples of a problem', async () => {
    const bucket = soundBucket();
    for (const { batch } of batches) bucket.objects.delete(result(batch));
    const arm = await aggregate(bucket);
    const lost = arm.problems.find(({ code }) => code === 'KEY_LOST');
    expect([lost?.count, lost?.examples.length]).toEqual([25, 20]);
    expect(arm).toMatchObject({ items: 0, answer: { dataset: null, constants: null } });
  });

  it.each([
    ['missing', null, 'SPAN_MISSING'],
    ['damaged', '{', 'SPAN_INVALID'],
    ['of another batch', JSON.stringify(spanOf('serverless', 7)), 'SPAN_INVALID'],
    ['of another arm', JSON.stringify(spanOf('fleet', 1)), 'SPAN_INVALID'],
  ])('keeps the answer but says so where a span is %s', async (_, body, code) => {
    const bucket = soundBucket();
    const key = layout.span(RUN, 'serverless', 0, 1);
    if (body === null) bucket.objects.delete(key);
    else bucket.put(key, body);
    const arm = await aggregate(bucket);
    expect(arm).toMatchObject({
      valid: true,
      problems: [{ code, count: 1, examples: ['1'] }],
      work: { spans: 2 },
    });
  });

  it('reads only so far ahead, and in order', async () => {
    // Prepare
    const many = batchesOf(
      Array.from({ length: 60 }, (_, i) => `k${String(i).padStart(2, '0')}`),
      1,
    );
    const bucket = soundBucket(many);

    // Act
    const arm = await aggregate(bucket, { ahead: 5 });

    // Assess: each batch is two objects
    expect(arm.valid).toBe(true);
    expect(bucket.mostReading).toBe(10);
  });

  it('reads fewer batches ahead whose files are large, and one where it alone is', async () => {
    const many = batchesOf(
      Array.from({ length: 900 }, (_, i) => `k${String(i).padStart(3, '0')}`),
      100,
    );
    // 100 images of 65,536 numbers are 25 MiB, and of 262,144 numbers 100 MiB: 64 MiB may be held.
    for (const [length, atOnce] of [
      [2, 9],
      [65_536, 2],
      [262_144, 1],
    ] as const) {
      const bucket = soundBucket(many);
      const embedder = writeEmbedder({ ...EMBEDDER, length });
      const params = { model: 'm.onnx', layer: 'flat', type: 'float32', modelBatch: 8 } as const;
      await aggregate(bucket, {
        workload: { name: 'embed', params },
        inputs: new Map([['embedder', embedder]]),
      });
      // Of each batch its rows, its span and its embeddings.
      expect(bucket.mostReading, `${length} numbers`).toBe(3 * atOnce);
    }
  });

  it('passes on what the reader throws', async () => {
    const bucket = soundBucket();
    bucket.get = () => Promise.reject(new Error('S3 is down'));
    await expect(aggregate(bucket)).rejects.toThrow('S3 is down');
    await expect(aggregate(new MemoryBucket())).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });
});

function own(batch: number): Row[] {
  return batches[batch]?.objects.map(({ key }) => rowFor(key)) ?? [];
}

it('takes no time of a head that saw the copy of another worker', async () => {
  // Prepare: both heads saw batch 0, one of them as the result of a worker that did not leave the span.
  const told = async (worker: string) => {
    const bucket = soundBucket();
    for (const batch of [0, 1, 2]) {
      putRows(bucket, layout.result(RUN, 'fleet', 0, batch), own(batch));
      const span = spanOf('fleet', batch, { worker: 'i-1/92/0' });
      bucket.put(layout.span(RUN, 'fleet', 0, batch), JSON.stringify(span));
    }
    bucket.put(
      layout.leases(RUN, 0),
      `${JSON.stringify({ batch: 0, worker, givenAt: 900, seenAt: 1500 })}\n`,
    );
    return (await aggregate(bucket, { arm: 'fleet' })).clocks.seenBatches;
  };

  // Act and assess
  expect([await told('i-1'), await told('i-2')]).toEqual([1, 0]);
});

describe('batches that an earlier run did', () => {
  it('count for the answer, and not for the times', async () => {
    // Act: the first of three batches was begun at 1000
    const all = await aggregate(soundBucket());
    const rest = await aggregate(soundBucket(), { resumedAt: 1500 });

    // Assess
    expect({ ...rest, batchesTakenOver: 0 }).toEqual({
      ...all,
      timing: rest.timing,
      clocks: rest.clocks,
      cold: rest.cold,
      warm: rest.warm,
      timeline: rest.timeline,
      work: rest.work,
      use: rest.use,
    });
    expect(rest.batchesTakenOver).toBe(1);
    expect(rest.work).toMatchObject({ spans: 2, cpuMs: 1400, coldStarts: 0 });
    expect(rest.timing.windowStartMs).toBe(2000 - 500);
    expect(rest.timeline.batches).toBe(2);
  });

  it('can be all of them', async () => {
    const none = await aggregate(soundBucket(), { resumedAt: 9000 });
    expect(none).toMatchObject({ valid: true, items: 25, batchesTakenOver: 3, work: { spans: 0 } });
  });
});

function soundBucket(all = batches): MemoryBucket {
  const bucket = new MemoryBucket();
  putManifest(bucket, RUN, all);
  for (const { batch, objects } of all) {
    const last = batch === all.length - 1;
    const span = spanOf('serverless', batch, {
      worker: last ? 'w2' : 'w1',
      startedAt: 1000 + 1000 * batch,
      endedAt: 1000 + 1000 * batch + (last ? 500 : 1000),
      coldStartMs: batch === 0 ? 300 : 0,
      items: objects.length,
    });
    putRows(
      bucket,
      result(batch),
      objects.map(({ key }) => rowFor(key)),
    );
    bucket.put(layout.span(RUN, 'serverless', 0, batch), JSON.stringify(span));
  }
  return bucket;
}

function aggregate(reader: MemoryBucket, over: Partial<AggregateArmInput> = {}) {
  return aggregateArm({
    reader,
    runId: RUN,
    arm: 'serverless',
    round: 0,
    workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    startedAt: 500,
    endedAt: 4500,
    ...over,
  });
}
