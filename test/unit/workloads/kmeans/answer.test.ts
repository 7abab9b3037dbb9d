import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import type { Centre } from '../../../../src/kernel/centres.ts';
import {
  CENTRE_VALUES,
  ClustersOfRows,
  kmeansAnswerSchema,
} from '../../../../src/workloads/kmeans/answer.ts';
import { readLabels, writeLabels } from '../../../../src/workloads/kmeans/labels-file.ts';
import { type State, writeState } from '../../../../src/workloads/kmeans/state.ts';

const NO_PROBLEM = { add: () => expect.fail('Expected no problem.') };
const WORK = { k: 2, maxIterations: 9 };

const centreOf = (count: number, value: number): Centre => ({ count, sum: [value, value, value] });
const bufferOf = (state: Partial<State>) =>
  Buffer.from(writeState({ width: 1, height: 1, centres: [], sizes: null, inertia: null, ...state }));
const START = bufferOf({ centres: [centreOf(1, 0), centreOf(1, 255)] });
const outcomeOf = (sizes: number[], inertia: string, ...centres: Centre[]) =>
  bufferOf({ centres, sizes, inertia });

const rowOf = (key: string, cluster: number): MeasuredRow => ({
  ...{ key, width: 1, height: 1, channels: 3 },
  label: String(cluster),
});

function answer(
  rows: readonly MeasuredRow[],
  outcomes: readonly Buffer[],
  labels: Readonly<Record<string, string>> | null = null,
  {
    size = 100,
    log = NO_PROBLEM,
  }: { size?: number; log?: { add(code: string, example: string): void } } = {},
) {
  const of = new ClustersOfRows(WORK, { start: START, labels });
  for (const outcome of outcomes) of.addOutcome(outcome);
  for (let from = 0; from < rows.length; from += size) {
    for (const row of rows.slice(from, from + size)) of.add(of.check(serializeRow(row)).row as MeasuredRow);
    of.endBatch();
  }
  const found = of.finish(log);
  expect(kmeansAnswerSchema.parse(found)).toEqual(found);
  return found;
}

describe('the answer of kmeans', () => {
  it('is which images belong together, after how many iterations, and what labels they have', () => {
    const rows = [rowOf('a', 0), rowOf('b', 1), rowOf('c', 0), rowOf('d', 0)];
    const last = outcomeOf([3, 1], '3.500000', centreOf(3, 2), centreOf(1, 254));
    const outcomes = [outcomeOf([3, 1], '6.250000', centreOf(3, 2), centreOf(1, 254)), last];
    expect(answer(rows, outcomes, { a: '10', b: '9', c: '9', d: '10' })).toEqual({
      ...{ kind: 'kmeans', images: 4, k: 2, iterations: 2, converged: true },
      inertia: ['6.250000', '3.500000'],
      clusters: [
        {
          size: 3,
          labels: [
            { label: '10', images: 2 },
            { label: '9', images: 1 },
          ],
          majority: '10',
        },
        { size: 1, labels: [{ label: '9', images: 1 }], majority: '9' },
      ],
      agreement: { labelled: 4, purity: 0.75, adjustedRandIndex: 0 },
      // 2/3 is rounded to 1.
      centres: { width: 1, height: 1, pixels: ['AQEB', '/v7+'] },
      empty: [],
    });
  });

  it('has not converged where the last stage changed a centre', () => {
    const one = outcomeOf([1, 0], '0.000000', centreOf(1, 0), centreOf(1, 255));
    expect(answer([rowOf('a', 0)], [one])).toMatchObject({ converged: true, iterations: 1, empty: [1] });
    const other = outcomeOf([1, 0], '1.000000', centreOf(1, 1), centreOf(1, 255));
    expect(answer([rowOf('a', 0)], [one, other])).toMatchObject({ converged: false, iterations: 2 });
    expect(answer([], [])).toMatchObject({ converged: false, iterations: 0, inertia: [] });
  });

  it('tells where the sizes are not those of the rows', () => {
    const found: string[] = [];
    const log = { add: (code: string, example: string) => void found.push(`${code} ${example}`) };
    answer(
      [rowOf('a', 0), rowOf('b', 0)],
      [outcomeOf([1, 1], '0.000000', centreOf(1, 0), centreOf(1, 1))],
      null,
      { log },
    );
    expect(found).toEqual([
      'OUTCOME_INCONSISTENT cluster 0: 1 images, but 2 rows',
      'OUTCOME_INCONSISTENT cluster 1: 1 images, but 0 rows',
    ]);
  });

  it('is of the rows alone where nothing else is there', () => {
    const of = new ClustersOfRows(WORK, { start: null, labels: null });
    of.add(of.check(serializeRow({ ...rowOf('a', 1), width: 7 })).row as MeasuredRow);
    expect(of.finish(NO_PROBLEM)).toMatchObject({
      ...{ images: 1, iterations: 0, converged: false, agreement: null, centres: null, empty: [0] },
      clusters: [
        { size: 0, labels: [], majority: null },
        { size: 1, labels: [], majority: null },
      ],
    });
  });

  it('refuses rows of another size than the centres', () => {
    const of = new ClustersOfRows(WORK, { start: START, labels: null });
    expect(of.check(serializeRow({ ...rowOf('a', 1), width: 7 }))).toMatchObject({
      problem: 'ROW_INCONSISTENT',
    });
  });

  it('has the five most frequent labels of a cluster, in the order of labels where they are as frequent', () => {
    const labels = Object.fromEntries(
      ['10', '9', '8', '7', '6', '5', '10'].map((label, n) => [`k${n}`, label]),
    );
    const rows = Object.keys(labels).map((key) => rowOf(key, 0));
    const [first] = answer(rows, [], labels).clusters;
    expect(first?.labels.map(({ label }) => label)).toEqual(['10', '5', '6', '7', '8']);
  });

  it('takes no name for a label', () => {
    expect(answer([rowOf('toString', 0)], [], {}).agreement).toBeNull();
    const known = readLabels(writeLabels([['__proto__', '7']]));
    expect(answer([rowOf('__proto__', 0)], [], known).agreement?.labelled).toBe(1);
  });

  it('has pictures of centres only where these are small', () => {
    const width = CENTRE_VALUES / 6;
    const of = (width: number) => {
      const centres = [0, 1].map((value) => ({
        count: 1,
        sum: new Array<number>(3 * Math.floor(width)).fill(value),
      }));
      const state = bufferOf({ width: Math.floor(width), height: 1, centres });
      return new ClustersOfRows(WORK, { start: state, labels: null }).finish(NO_PROBLEM).centres;
    };
    expect(of(width)?.pixels).toHaveLength(2);
    expect(of(width + 1)).toBeNull();
  });

  it('does not depend on how the images are cut into batches', () => {
    const images = fc.array(fc.tuple(fc.nat(1), fc.option(fc.constantFrom('2', '10', 'x'))), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 70 }), (all, size) => {
        const rows = all.map(([cluster], n) => rowOf(`q/${n}`, cluster));
        const labels = Object.fromEntries(
          all.flatMap(([, label], n) => (label === null ? [] : [[`q/${n}`, label]])),
        );
        expect(answer(rows, [], labels, { size })).toEqual(answer(rows, [], labels));
      }),
      { numRuns: 50 },
    );
  });
});
