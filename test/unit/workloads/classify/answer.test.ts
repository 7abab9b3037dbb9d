import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import {
  ClassesOfRows,
  type ClassifyAnswer,
  classifyAnswerSchema,
  type Known,
  MATRIX_LABELS,
} from '../../../../src/workloads/classify/answer.ts';
import { readTruth, writeTruth } from '../../../../src/workloads/classify/truth-file.ts';

const LABELS = ['2', '10', '3'];
const TOP = 2;

/** The row of an image whose best class has so many millionths, and the next one the rest. */
function rowOf(key: string, [best, next]: readonly [number, number], score = 900_000): MeasuredRow {
  const size = { width: 1, height: 1, channels: 3 } as const;
  const scores = [[best, score] as const, [next, 1_000_000 - score] as const];
  return { key, ...size, label: LABELS[best] ?? '', scores, logits: '0123456789abcdef' };
}

function answer(rows: readonly MeasuredRow[], known: Known, size = 100): ClassifyAnswer {
  const of = new ClassesOfRows({ top: TOP }, known);
  for (let from = 0; from < rows.length; from += size) {
    for (const row of rows.slice(from, from + size)) of.add(of.check(serializeRow(row)).row as MeasuredRow);
    of.endBatch();
  }
  const found = of.finish();
  expect(classifyAnswerSchema.parse(found)).toEqual(found);
  return found;
}

const known = (truth: Readonly<Record<string, string>>): Known => ({
  labels: LABELS,
  truth: readTruth(writeTruth(new Map(Object.entries(truth)))),
});

describe('the answer of classify', () => {
  it('is how many were taken for what they are, and how sure the model was', () => {
    const rows = [
      rowOf('1', [0, 1]),
      rowOf('2', [1, 0], 1_000_000),
      rowOf('3', [1, 0], 549_999),
      rowOf('4', [0, 2], 550_000),
    ];
    const histogram = Array.from({ length: 20 }, () => 0);
    histogram.splice(10, 2, 1, 1);
    histogram.splice(18, 2, 1, 1);
    expect(answer(rows, known({ 1: '2', 2: '10', 3: '2', 4: 'x' }))).toEqual({
      ...{ kind: 'classify', classified: 4, labelled: 3, foreign: 1, correct: 2, correctTop: 3 },
      ...{ accuracy: 2 / 3, labels: ['2', '10'] },
      confusion: [
        [1, 1],
        [0, 1],
      ],
      mistakes: [{ truth: '2', label: '10', images: 1 }],
      counts: [
        { label: '2', images: 2 },
        { label: '10', images: 2 },
      ],
      scoreHistogram: histogram,
      wrong: [
        {
          ...{ key: '3', label: '10', truth: '2', score: 549_999 },
          scores: [
            { label: '10', score: 549_999 },
            { label: '2', score: 450_001 },
          ],
        },
      ],
      unsure: [
        expect.objectContaining({ key: '3', truth: '2' }),
        expect.objectContaining({ key: '4', truth: 'x', label: '2' }),
        expect.objectContaining({ key: '1' }),
        expect.objectContaining({ key: '2', score: 1_000_000 }),
      ],
    });
  });

  it('has no accuracy where nothing is labelled, and takes no name for a label', () => {
    const none = { labelled: 0, correct: 0, correctTop: 0, foreign: 0, accuracy: null, wrong: [] };
    expect(answer([rowOf('toString', [1, 0])], known({}))).toMatchObject({ ...none, classified: 1 });
    expect(answer([], known({}))).toMatchObject({ ...none, classified: 0, labels: [], unsure: [] });
  });

  it('is of the rows alone where the model is not known', () => {
    const found = answer([rowOf('1', [1, 0])], { labels: null, truth: null });
    expect(found).toMatchObject({ classified: 1, labelled: 0, labels: ['10'] });
    expect(found.unsure[0]?.scores.map(({ label }) => label)).toEqual(['1', '0']);
  });

  it('has the first 20 wrong ones, and the 20 least sure ones', () => {
    const rows = Array.from({ length: 50 }, (_, n) =>
      rowOf(`${n}`.padStart(2, '0'), [0, 1], 900_000 - (n % 25)),
    );
    const truth = Object.fromEntries(rows.map(({ key }) => [key, '10']));
    const found = answer(rows, known(truth));
    expect(found).toMatchObject({ correct: 0, correctTop: 50, labelled: 50 });
    expect(found.wrong.map(({ key }) => key)).toEqual(rows.slice(0, 20).map(({ key }) => key));
    expect(found.unsure.map(({ key }) => key).slice(0, 4)).toEqual(['24', '49', '23', '48']);
  });

  it('has a matrix of as many labels as are to be seen, and no more', () => {
    const confusionOf = (count: number) => {
      const labels = Array.from({ length: count }, (_, n) => String(n));
      const of = new ClassesOfRows({ top: 1 }, { labels, truth: null });
      for (const [index, label] of labels.entries())
        of.add({ ...rowOf(label, [0, 1]), label, scores: [[index, 1]] });
      return of.finish();
    };
    expect(confusionOf(MATRIX_LABELS).confusion).toHaveLength(MATRIX_LABELS);
    expect(confusionOf(MATRIX_LABELS + 1)).toMatchObject({ confusion: null, counts: { length: 20 } });
  });

  it('does not depend on how the images are cut into batches, and counts all of them', () => {
    const images = fc.array(
      fc.record({
        best: fc.nat(2),
        score: fc.oneof(
          fc.constantFrom(500_000, 550_000, 999_999),
          fc.integer({ min: 500_000, max: 1_000_000 }),
        ),
        truth: fc.option(fc.constantFrom('2', '10', '3', 'x')),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 70 }), (all, size) => {
        const keyOf = (n: number) => `${n}`.padStart(2, '0');
        const rows = all.map(({ best, score }, n) => rowOf(keyOf(n), [best, (best + 1) % 3], score));
        const truths = all.flatMap(({ truth }, n) => (truth === null ? [] : [[keyOf(n), truth] as const]));
        const truth = Object.fromEntries(truths);
        const one = answer(rows, known(truth), 1_000);
        expect(answer(rows, known(truth), size)).toEqual(one);
        const labelled = rows.filter(({ key }) => LABELS.includes(truth[key] ?? ''));
        const right = labelled.filter(({ key, label }) => truth[key] === label);
        const amongTop = labelled.filter(({ key, scores = [] }) =>
          scores.some(([index]) => LABELS[index] === truth[key]),
        );
        expect(one).toMatchObject({
          ...{ classified: rows.length, labelled: labelled.length, correct: right.length },
          ...{ correctTop: amongTop.length, foreign: truths.length - labelled.length },
        });
        const mistakes = one.mistakes.reduce((sum, each) => sum + each.images, 0);
        expect(mistakes).toBe(labelled.length - right.length);
        const leastSure = rows
          .toSorted((a, b) => (a.scores?.[0]?.[1] ?? 0) - (b.scores?.[0]?.[1] ?? 0))
          .slice(0, 20);
        expect(one.unsure.map(({ key }) => key)).toEqual(leastSure.map(({ key }) => key));
        expect(one.scoreHistogram).toEqual(
          one.scoreHistogram.map(
            (_, part) => all.filter(({ score }) => Math.min(19, Math.floor(score / 50_000)) === part).length,
          ),
        );
      }),
      { numRuns: 100 },
    );
  });
});
