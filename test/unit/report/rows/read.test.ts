import { expect, it } from 'vitest';
import { layout } from '../../../../src/contract/layout.ts';
import { failedRow, serializeRow } from '../../../../src/contract/row.ts';
import { readRows } from '../../../../src/report/rows/read.ts';
import { batchesOf, MemoryBucket, putManifest, rowOf } from '../../aggregate/fixture.ts';

const RUN = 'r1';

it('gives the sound rows in the order of their keys, and leaves out what is missing or broken', async () => {
  // Prepare: the second of three batches left nothing, and the third has a broken line
  const bucket = new MemoryBucket();
  const batches = batchesOf(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}.jpg`),
    2,
    100,
  );
  putManifest(bucket, RUN, batches);
  const rows = ['a.jpg', 'b.jpg', 'e.jpg'].map((key) => rowOf(key, [1, 2, 3], [4, 5, 6]));
  const failed = failedRow('f.jpg', 'EMPTY_OBJECT');
  const put = (batch: number | undefined, lines: readonly string[]) =>
    bucket.put(layout.result(RUN, 'fleet', 1, batch ?? -1), lines.map((line) => `${line}\n`).join(''));
  put(batches[0]?.batch, rows.slice(0, 2).map(serializeRow));
  put(batches[2]?.batch, [serializeRow(rows[2] ?? failed), '{"key":"x"', serializeRow(failed)]);

  // Act
  const read = await Array.fromAsync(
    readRows({
      reader: bucket,
      runId: RUN,
      arm: 'fleet',
      round: 1,
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    }),
  );

  // Assess
  expect(read).toEqual([...rows, failed]);
});

it('gives those of one stage, where an arm has several', async () => {
  const bucket = new MemoryBucket();
  putManifest(bucket, RUN, batchesOf(['a.jpg'], 1));
  const [first, second] = [1, 2].map((low) => rowOf('a.jpg', [low, 2, 3], [4, 5, 6]));
  for (const [stage, row] of [first, second].entries()) {
    const text = row === undefined ? '' : serializeRow(row);
    bucket.put(layout.result(RUN, 'fleet', 1, 0, stage), `${text}\n`);
  }
  const where = { reader: bucket, runId: RUN, arm: 'fleet', round: 1 } as const;
  const workload = { name: 'statistics', params: { operation: 'stats', depth: '8' } };
  const read = (stage: number) => Array.fromAsync(readRows({ ...where, stage, workload }));
  expect([await read(0), await read(1)]).toEqual([[first], [second]]);
});
