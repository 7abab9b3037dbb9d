import { hash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { readAnswerInputs, readInputNotes } from '../../../src/aggregate/answer-inputs.ts';
import { aggregateArm } from '../../../src/aggregate/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import type { MeasuredRow } from '../../../src/contract/row.ts';
import { writeLabels } from '../../../src/workloads/knn/labels-file.ts';
import { batchesOf, MemoryBucket, putManifest, putRows, spanOf } from './fixture.ts';

const LABELS = writeLabels(
  { width: 1, height: 1, labels: ['4', '9'], labelOf: Uint32Array.of(0, 1) },
  ['t/four', 't/nine'],
  [
    ['a', '4'],
    ['b', '4'],
  ],
);
const NOTES = [{ code: 'TRAINING_NOT_LABELLED', message: 'No label', count: 1, examples: ['t/x'] }];
const KEY = layout.inputFile('r', 'labels.json');
let bucket: MemoryBucket;

function putInputs(labels: unknown): void {
  bucket.put(layout.inputs('r'), JSON.stringify({ labels, notes: NOTES }));
}

beforeEach(() => {
  bucket = new MemoryBucket();
  bucket.put(KEY, LABELS);
  putInputs({ key: KEY, sha256: hash('sha256', LABELS), bytes: LABELS.length });
});

describe('readAnswerInputs', () => {
  it('gives the labels of knn, and asks for nothing for other workloads', async () => {
    expect(await readAnswerInputs(bucket, 'r', 'knn')).toEqual(new Map([['labels', LABELS]]));
    expect(await readAnswerInputs(new MemoryBucket(), 'r', 'statistics')).toEqual(new Map());
  });

  it('refuses labels that are others than those that were made, and a list without them', async () => {
    bucket.put(KEY, LABELS.subarray(1));
    await expect(readAnswerInputs(bucket, 'r', 'knn')).rejects.toMatchObject({
      code: 'INPUT_DAMAGED',
      message: expect.stringContaining(`of ${KEY} but it has `),
    });
    putInputs(undefined);
    await expect(readAnswerInputs(bucket, 'r', 'knn')).rejects.toThrow(
      'Expected a file `labels` of runs/r/inputs.json but it names none.',
    );
  });

  it('fails where they are not there', async () => {
    bucket.objects.delete(KEY);
    await expect(readAnswerInputs(bucket, 'r', 'knn')).rejects.toThrow('OBJECT_NOT_FOUND');
  });
});

describe('readInputNotes', () => {
  it('gives what is worth a word of them', async () => {
    expect(await readInputNotes(bucket, 'r')).toEqual(NOTES);
    await expect(readInputNotes(bucket, 'other')).rejects.toThrow('OBJECT_NOT_FOUND');
  });
});

describe('an arm of knn', () => {
  const row = (key: string, index: number, label: string): MeasuredRow => ({
    ...{ key, width: 1, height: 1, channels: 3, label },
    neighbours: [[index, 3]],
  });

  async function aggregate(rows: readonly MeasuredRow[]) {
    const batches = batchesOf(['a', 'b'], 2);
    putManifest(bucket, 'r', batches);
    putRows(bucket, layout.result('r', 'fleet', 0, 0), rows);
    bucket.put(layout.span('r', 'fleet', 0, 0), JSON.stringify(spanOf('fleet', 0)));
    return aggregateArm({
      ...{ reader: bucket, runId: 'r', arm: 'fleet', round: 0, startedAt: 0, endedAt: 5_000 },
      workload: { name: 'knn', params: { k: 1 } },
      inputs: await readAnswerInputs(bucket, 'r', 'knn'),
    });
  }

  it('is compared with the labels of its run', async () => {
    expect(await aggregate([row('a', 0, '4'), row('b', 1, '9')])).toMatchObject({
      valid: true,
      answer: {
        ...{ kind: 'knn', asked: 2, labelled: 2, correct: 1, accuracy: 0.5, labels: ['4', '9'] },
        wrong: [
          { key: 'b', label: '9', truth: '4', neighbours: [{ key: 't/nine', label: '9', distance: 3 }] },
        ],
      },
    });
  });

  it('is not valid with a label that its neighbours do not vote for', async () => {
    expect(await aggregate([row('a', 0, '4'), row('b', 1, '4')])).toMatchObject({
      valid: false,
      problems: [{ code: 'ROW_INCONSISTENT', count: 1 }],
      answer: { asked: 1, correct: 1 },
    });
  });
});
