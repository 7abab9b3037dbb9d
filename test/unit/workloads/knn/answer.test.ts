import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MeasuredRow, type Row, serializeRow } from '../../../../src/contract/row.ts';
import { answerOf, type RunAnswer } from '../../../../src/workloads/answers.ts';
import { LabelsOfRows, MATRIX_LABELS } from '../../../../src/workloads/knn/answer.ts';
import { readLabels, writeLabels } from '../../../../src/workloads/knn/labels-file.ts';
import { vote } from '../../../../src/workloads/knn/vote.ts';

const SET = { width: 1, height: 1, labels: ['2', '10'], labelOf: Uint32Array.of(0, 1, 1) };
const KEYS = ['t/a', 't/b', 't/c'];
const NO_PROBLEM = { add: () => expect.fail('Expected no problem.') };

function rowOf(key: string, ...indices: number[]): MeasuredRow {
  const neighbours = indices.map((index, distance) => [index, distance] as const);
  return { key, width: 1, height: 1, channels: 3, label: vote(neighbours, SET), neighbours };
}

/** What the answer is of rows in batches of this size. */
function answer(
  rows: readonly MeasuredRow[],
  asked: Readonly<Record<string, string>>,
  size = 100,
): RunAnswer {
  const labels = writeLabels(SET, KEYS, Object.entries(asked));
  const workload = { name: 'knn', params: { k: 1 } };
  return added(answerOf(workload, new Map([['labels', labels]])), rows, size);
}

function added(of: ReturnType<typeof answerOf>, rows: readonly MeasuredRow[], size = 100): RunAnswer {
  for (let from = 0; from < rows.length; from += size) {
    for (const row of rows.slice(from, from + size)) of.add(of.check(serializeRow(row)).row as MeasuredRow);
    of.endBatch(from / size, [], NO_PROBLEM);
  }
  return of.finish(NO_PROBLEM);
}

describe('the answer of knn', () => {
  it('is how many were taken for what they are, and which were not', () => {
    const rows = [rowOf('q/1', 0), rowOf('q/2', 1), rowOf('q/3', 2), rowOf('q/4', 0)];
    expect(answer(rows, { 'q/1': '2', 'q/2': '10', 'q/3': '2' })).toEqual({
      ...{ kind: 'knn', asked: 4, labelled: 3, correct: 2, accuracy: 2 / 3 },
      labels: ['2', '10'],
      confusion: [
        [1, 1],
        [0, 1],
      ],
      wrong: [
        { key: 'q/3', label: '10', truth: '2', neighbours: [{ key: 't/c', label: '10', distance: 0 }] },
      ],
    });
  });

  it('knows labels that no image of the training set has', () => {
    expect(answer([rowOf('q', 1)], { q: '3' })).toMatchObject({
      ...{ labelled: 1, correct: 0, accuracy: 0, labels: ['2', '3', '10'] },
      confusion: [
        [0, 0, 0],
        [0, 0, 1],
        [0, 0, 0],
      ],
    });
  });

  it('has no accuracy where nothing is labelled, and takes no name for a label', () => {
    expect(answer([rowOf('toString', 1)], {})).toMatchObject({
      asked: 1,
      labelled: 0,
      accuracy: null,
      wrong: [],
    });
    expect(answer([], {})).toMatchObject({ asked: 0, labelled: 0, accuracy: null });
  });

  it('is of the rows alone where the labels are not there', () => {
    const rows = [rowOf('q/1', 0), rowOf('q/2', 1)];
    expect(added(answerOf({ name: 'knn', params: { k: 1 } }), rows)).toEqual({
      ...{ kind: 'knn', asked: 2, labelled: 0, correct: 0, accuracy: null, labels: ['2', '10'] },
      confusion: [
        [0, 0],
        [0, 0],
      ],
      wrong: [],
    });
  });

  it('refuses rows that the labels contradict', () => {
    const of = answerOf({ name: 'knn', params: { k: 1 } }, new Map([['labels', writeLabels(SET, KEYS, [])]]));
    expect(of.check(serializeRow({ ...rowOf('q', 0), label: '10' }))).toMatchObject({
      problem: 'ROW_INCONSISTENT',
    });
  });

  it('has the first 20 wrong ones', () => {
    const rows = Array.from({ length: 30 }, (_, n) => rowOf(`q/${n}`, 0));
    const all = answer(rows, Object.fromEntries(rows.map(({ key }) => [key, '10'])));
    expect(all).toMatchObject({ correct: 0, labelled: 30 });
    expect('wrong' in all && all.wrong.map(({ key }) => key)).toEqual(
      rows.slice(0, 20).map(({ key }) => key),
    );
  });

  it('has a matrix of as many labels as are to be seen, and no more', () => {
    const confusionOf = (count: number) => {
      const labels = Array.from({ length: count }, (_, n) => String(n));
      const known = readLabels(writeLabels({ ...SET, labels, labelOf: Uint32Array.of(0) }, ['t'], []));
      return new LabelsOfRows({ k: 1 }, known).finish().confusion;
    };
    expect(confusionOf(MATRIX_LABELS)).toHaveLength(MATRIX_LABELS);
    expect(confusionOf(MATRIX_LABELS + 1)).toBeNull();
  });

  it('does not depend on how the images are cut into batches', () => {
    const images = fc.array(
      fc.record({ index: fc.nat(2), truth: fc.option(fc.constantFrom('2', '10', 'x')) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 70 }), (all, size) => {
        const rows = all.map(({ index }, n) => rowOf(`q/${n}`, index));
        const truths = all.flatMap(({ truth }, n) => (truth === null ? [] : [[`q/${n}`, truth] as const]));
        const asked = Object.fromEntries(truths);
        const one = answer(rows, asked, 1_000);
        expect(answer(rows, asked, size)).toEqual(one);
        const isRight = ({ key, label }: Row & MeasuredRow) => asked[key] === label;
        expect(one).toMatchObject({ labelled: truths.length, correct: rows.filter(isRight).length });
      }),
      { numRuns: 50 },
    );
  });
});
