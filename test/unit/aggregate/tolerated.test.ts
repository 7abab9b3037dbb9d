import { beforeEach, describe, expect, it } from 'vitest';
import { toleratedDifference } from '../../../src/aggregate/tolerated.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import { failedRow, type MeasuredRow, type Row } from '../../../src/contract/row.ts';
import { writeVectors } from '../../../src/workloads/embed/vectors-file.ts';
import type { WorkloadName } from '../../../src/workloads/names.ts';
import { embedded } from '../workloads/embed/embedded.ts';
import { batchesOf, MemoryBucket, putManifest, putRows, spanOf } from './fixture.ts';

const RUN = 'r1';
const KEYS = ['a', 'b', 'c', 'd', 'e'];
let bucket: MemoryBucket;

const row = (key: string, score = 900_000, label = 'cat'): MeasuredRow => ({
  ...{ key, width: 1, height: 1, channels: 3, label, logits: '0123456789abcdef' },
  scores: [
    [0, score],
    [1, 1_000_000 - score],
  ],
});

beforeEach(() => {
  bucket = new MemoryBucket();
  putManifest(bucket, RUN, batchesOf(KEYS, 2));
});

/** Writes the rows of an arm in batches of two, and spans if it is known what each batch was done on. */
function put(arm: Arm, rows: readonly Row[], kinds: readonly (string | null)[] = []): void {
  for (let batch = 0; batch * 2 < rows.length; batch += 1) {
    putRows(bucket, layout.result(RUN, arm, 0, batch), rows.slice(batch * 2, batch * 2 + 2));
    const kind = kinds[batch] ?? null;
    const span = spanOf(arm, batch, { processor: kind === null ? null : { name: 'n', kind } });
    if (kinds.length > 0) bucket.put(layout.span(RUN, arm, 0, batch), JSON.stringify(span));
  }
}

function found({ name = 'classify', isOneMachine = false, digests = ['1', '2'] as readonly string[] } = {}) {
  const arms = (['serverless', 'fleet'] as const).map((arm, i) => ({
    arm,
    round: 0,
    digest: digests[i] ?? '',
  }));
  return toleratedDifference({ reader: bucket, runId: RUN }, name as WorkloadName, arms, isOneMachine);
}

describe('rows of two arms', () => {
  const rows = KEYS.map((key) => row(key));
  const near = rows.map((own, n) => (n === 1 || n === 4 ? row(own.key, 900_000 + 10 * n) : own));

  it('that are within the tolerance have that in common, over all batches', async () => {
    put('serverless', rows);
    put('fleet', near);
    expect(await found()).toEqual({
      text: 'the same labels, and scores within 40 millionths of each other',
      images:
        'of 2 images the rows are not equal to the byte, as on different kinds of processor (which they were is not known)',
    });
  });

  it('must be equal where any batch of which they are not was done on one kind of processor by both', async () => {
    put('serverless', rows, ['x64 avx', 'x64 avx', 'x64 avx']);
    put('fleet', near, ['x64 avx avx2', null, 'x64 avx']);
    expect(await found()).toEqual({ kind: 'x64 avx' });
  });

  it('may be near where those batches were done on other kinds, whatever the equal ones were done on', async () => {
    put('serverless', rows, [null, 'x64 avx', 'x64 avx']);
    put('fleet', near, ['x64 avx', 'x64 avx', 'x64 avx avx2']);
    expect(await found()).toMatchObject({
      images:
        'of 2 images the rows are not equal to the byte, as on different kinds of processor (x64 avx; x64 avx avx2)',
    });
  });

  it('must be equal on one machine, and of a workload without a tolerance', async () => {
    put('serverless', rows);
    put('fleet', near);
    expect(await found({ isOneMachine: true })).toBeNull();
    expect(await found({ name: 'knn' })).toBeNull();
  });

  it('are not compared where their digests are equal', async () => {
    expect(await found({ digests: ['1', '1'] })).toBeNull();
  });

  it.each<[string, readonly Row[]]>([
    ['another label', [...near.slice(0, 4), row('e', 900_000, 'dog')]],
    ['a score too far', [...near.slice(0, 4), row('e', 900_101)]],
    ['a row that failed', [...near.slice(0, 4), failedRow('e', 'DECODE_FAILED')]],
    ['another key', [...near.slice(0, 4), row('f')]],
    ['a row less', near.slice(0, 3)],
    ['a batch less', near.slice(0, 4)],
  ])('differ by %s', async (_, others) => {
    put('serverless', rows);
    put('fleet', others);
    expect(await found()).toBeNull();
  });

  it('may have failed in the same way', async () => {
    const failed = failedRow('c', 'DECODE_FAILED');
    put(
      'serverless',
      rows.map((own) => (own.key === 'c' ? failed : own)),
    );
    put(
      'fleet',
      near.map((own) => (own.key === 'c' ? failed : own)),
    );
    expect(await found()).toMatchObject({ images: expect.stringContaining('of 2 images the rows') });
  });
});

describe('embeddings of two arms', () => {
  const failed = failedRow('b', 'DECODE_FAILED');
  /** Of four images in batches of two; the numbers lie in files. */
  const embeddedBy = (arm: Arm, ...numbers: readonly number[]) => {
    const images = ['a', 'c', 'd', 'e'].map((key, at) => embedded(key, at + 1, numbers[at] ?? 0));
    for (const [batch, keys] of [['a', 'b'], ['c', 'd'], ['e']].entries()) {
      const own = images.filter(({ row }) => keys.includes(row.key));
      putRows(
        bucket,
        layout.result(RUN, arm, 0, batch),
        keys.map((key) => own.find(({ row }) => row.key === key)?.row ?? failed),
      );
      const file = writeVectors(own.map(({ values }) => values));
      bucket.put(layout.batchFile('embeddings', RUN, arm, 0, batch), file);
    }
  };

  it('that are near each other have that in common, over all batches', async () => {
    embeddedBy('serverless', 0, 0, 0, 0);
    embeddedBy('fleet', 1e-6, 0, 30e-6, 0);
    expect(await found({ name: 'embed' })).toEqual({
      text: 'embeddings that differ by at most 10 millionths of their norm',
      images:
        'of 2 images the rows are not equal to the byte, as on different kinds of processor (which they were is not known)',
    });
  });

  it('that are far from each other have not', async () => {
    embeddedBy('serverless', 0, 0, 0, 0);
    embeddedBy('fleet', 0, 0, 0, 1);
    expect(await found({ name: 'embed' })).toBeNull();
  });

  it('are read where rows differ alone, a batch at a time', async () => {
    embeddedBy('serverless', 0, 0, 0, 0);
    embeddedBy('fleet', 0, 0, 0, 1e-5);
    for (const batch of [0, 1]) bucket.objects.delete(layout.batchFile('embeddings', RUN, 'fleet', 0, batch));
    expect(await found({ name: 'embed' })).not.toBeNull();
    bucket.objects.delete(layout.batchFile('embeddings', RUN, 'fleet', 0, 2));
    expect(await found({ name: 'embed' })).toBeNull();
  });
});
