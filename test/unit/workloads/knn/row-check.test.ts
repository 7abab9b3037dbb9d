import { describe, expect, it } from 'vitest';
import { failedRow, type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import { readLabels, writeLabels } from '../../../../src/workloads/knn/labels-file.ts';
import { checkKnnRow } from '../../../../src/workloads/knn/row-check.ts';

/** Of five images of 2 x 2 pixels: two nines, three fours. */
const known = readLabels(
  writeLabels(
    { width: 2, height: 2, labels: ['4', '9'], labelOf: Uint32Array.of(1, 0, 0, 1, 0) },
    ['a', 'b', 'c', 'd', 'e'],
    [['x', '4']],
  ),
);
const ROW: MeasuredRow = {
  ...{ key: 'x', width: 2, height: 2, channels: 3, label: '4' },
  neighbours: [
    [2, 0],
    [0, 7],
    [4, 7],
  ],
};
const check = (row: object, labels = true) =>
  checkKnnRow(serializeRow(row as MeasuredRow), 3, labels ? known : null);

describe('a row of knn', () => {
  it('is taken in its one text form', () => {
    expect(check(ROW)).toEqual({ row: ROW });
    expect(check(ROW, false)).toEqual({ row: ROW });
    expect(check({ ...ROW, key: 'café "1"' })).toHaveProperty('row.key', 'café "1"');
  });

  it('that failed is that of any workload', () => {
    const failed = failedRow('x', 'SIZE_DIFFERS');
    expect(check(failed)).toEqual({ row: failed });
    expect(check({ ...failed, error: { ...failed.error, message: 'other' } })).toMatchObject({
      problem: 'ROW_MALFORMED',
      why: 'expected a known error code with its message',
    });
    expect(check({ ...failed, error: { code: 'UNHEARD_OF', message: '' } }).problem).toBe('ROW_MALFORMED');
  });

  it.each<[string, object, string]>([
    ['no key', { ...ROW, key: '' }, 'no key'],
    ['another order of fields', { ...ROW, label: undefined, neighbours: ROW.neighbours }, 'expected exactly'],
    [
      'no neighbours',
      { ...ROW, neighbours: undefined },
      'expected exactly key, width, height, channels, label',
    ],
    ['a field more', { ...ROW, sum: [0, 0, 0] }, 'expected exactly'],
    ['an empty list', { ...ROW, neighbours: [] }, 'expected neighbours, each [index, distance]'],
    ['a neighbour of three', { ...ROW, neighbours: [[2, 0, 0]] }, 'expected neighbours'],
    ['a fraction', { ...ROW, neighbours: [[2, 0.5]] }, 'expected neighbours'],
    ['an index below zero', { ...ROW, neighbours: [[-1, 0]] }, 'expected neighbours'],
    ['a label that is no text', { ...ROW, label: 4 }, 'expected a label'],
    ['no pixels', { ...ROW, width: 0 }, 'expected width and height of 1 to'],
    ['four channels', { ...ROW, channels: 4 }, 'expected 3 channels'],
  ])('with %s is malformed', (_, row, why) => {
    expect(check(row)).toMatchObject({
      problem: 'ROW_MALFORMED',
      key: null,
      why: expect.stringContaining(why),
    });
  });

  it.each([
    ['not JSON', '{"key":'],
    ['no key', '[]'],
    ['no key', 'null'],
    ['not in the one text form of a row', serializeRow(ROW).replace(',[0', ', [0')],
    ['not in the one text form of a row', serializeRow(ROW).replace('"4"', '"\\u0034"')],
    ['not in the one text form of a row', serializeRow(ROW).replace('7]', '7.0]')],
  ])('as another text is malformed: %s', (why, text) => {
    expect(checkKnnRow(text, 3, known)).toEqual({ problem: 'ROW_MALFORMED', key: null, why });
  });

  it.each<[string, Partial<MeasuredRow>, string]>([
    [
      'more neighbours than are asked',
      { neighbours: [...(ROW.neighbours ?? []), [1, 8]] },
      'more than 3 neighbours',
    ],
    [
      'a neighbour twice',
      {
        neighbours: [
          [2, 0],
          [0, 7],
          [2, 9],
        ],
      },
      'a neighbour twice',
    ],
    [
      'a farther one first',
      {
        neighbours: [
          [0, 7],
          [2, 0],
          [4, 7],
        ],
      },
      'not in the order of distance and index',
    ],
    [
      'the larger index first',
      {
        neighbours: [
          [2, 0],
          [4, 7],
          [0, 7],
        ],
      },
      'not in the order of distance and index',
    ],
    [
      'a distance that no pixels have',
      {
        neighbours: [
          [2, 0],
          [0, 7],
          [4, 780_301],
        ],
      },
      'above the largest',
    ],
  ])('with %s contradicts itself, whatever is known', (_, change, why) => {
    for (const labels of [true, false]) {
      expect(check({ ...ROW, ...change }, labels)).toMatchObject({
        ...{ problem: 'ROW_INCONSISTENT', key: 'x', why: expect.stringContaining(why) },
      });
    }
  });

  it.each<[string, Partial<MeasuredRow>, string]>([
    ['another size', { height: 1 }, 'another size than 2x2'],
    [
      'a neighbour that is none',
      {
        neighbours: [
          [2, 0],
          [0, 7],
          [5, 7],
        ],
      },
      'a neighbour beyond 5 images',
    ],
    [
      'too few neighbours',
      {
        neighbours: [
          [2, 0],
          [4, 7],
        ],
      },
      'fewer than 3 neighbours',
    ],
    ['a label that is not voted for', { label: '9' }, 'not the label that its neighbours vote for, "4"'],
    ['a label that no image has', { label: '5' }, 'not the label that its neighbours vote for, "4"'],
  ])('with %s contradicts the training set, where that is known', (_, change, why) => {
    expect(check({ ...ROW, ...change })).toEqual({ problem: 'ROW_INCONSISTENT', key: 'x', why });
    expect(check({ ...ROW, ...change }, false)).toHaveProperty('row.key', 'x');
  });

  it('has all of the images as neighbours where there are fewer than k', () => {
    const neighbours = [0, 1, 2, 3, 4].map((index) => [index, index] as const);
    const text = serializeRow({ ...ROW, neighbours });
    expect(checkKnnRow(text, 100, known)).toHaveProperty('row.label', '4');
    expect(checkKnnRow(text, 5, known)).toHaveProperty('row.label', '4');
  });

  it('may have the distance of black and white', () => {
    expect(
      check({
        ...ROW,
        neighbours: [
          [2, 0],
          [0, 7],
          [4, 780_300],
        ],
      }),
    ).toHaveProperty('row.label', '4');
  });
});
