import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedRow, type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import { classifiedRow } from '../../../../src/workloads/classify/classified-row.ts';
import { checkClassifyRow } from '../../../../src/workloads/classify/row-check.ts';

const LABELS = ['cat', 'dog', 'cow', 'dog'];
const ROW = {
  ...{ key: 'x', width: 500, height: 375, channels: 3, label: 'dog' },
  scores: [
    [1, 700_000],
    [0, 200_000],
    [3, 100_000],
  ],
  logits: '0123456789abcdef',
};
const check = (row: object, labels = true) =>
  checkClassifyRow(serializeRow(row as MeasuredRow), 3, labels ? LABELS : null);

describe('a row of classify', () => {
  it('is taken in its one text form', () => {
    expect(check(ROW)).toEqual({ row: ROW });
    expect(check(ROW, false)).toEqual({ row: ROW });
    expect(check({ ...ROW, key: 'café "1"' })).toHaveProperty('row.key', 'café "1"');
  });

  it('that failed is that of any workload', () => {
    const failed = failedRow('x', 'SCORES_NOT_FINITE');
    expect(check(failed)).toEqual({ row: failed });
    expect(check({ ...failed, error: { ...failed.error, message: 'other' } })).toMatchObject({
      problem: 'ROW_MALFORMED',
      why: 'expected a known error code with its message',
    });
  });

  it('is taken as a worker makes it, whatever the model gives', () => {
    const logits = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(logits, fc.integer({ min: 1, max: 20 }), (values, top) => {
        const labels = values.map((_, index) => `class ${index}`);
        const image = { key: 'k', width: 1, height: 1 };
        const row = classifiedRow(image, Float32Array.from(values), { labels, top, isSoftmax: false });
        expect(checkClassifyRow(serializeRow(row), top, labels)).toEqual({ row });
      }),
    );
  });

  it.each<[string, object, string]>([
    ['no key', { ...ROW, key: '' }, 'no key'],
    ['no scores', { ...ROW, scores: undefined }, 'expected exactly key, width, height, channels, label'],
    ['another order of fields', { ...ROW, label: undefined, x: 1 }, 'expected exactly'],
    ['a field more', { ...ROW, sum: [0, 0, 0] }, 'expected exactly'],
    ['an empty list', { ...ROW, scores: [] }, 'expected scores, each [index, millionths]'],
    ['a score of three', { ...ROW, scores: [[1, 2, 3]] }, 'expected scores'],
    ['a fraction', { ...ROW, scores: [[1, 0.5]] }, 'expected scores'],
    ['a class below zero', { ...ROW, scores: [[-1, 5]] }, 'expected scores'],
    ['a label that is no text', { ...ROW, label: 4 }, 'expected a label'],
    ['a hash that is too short', { ...ROW, logits: '0123' }, 'expected logits of 16 hexadecimal digits'],
    ['a hash in capitals', { ...ROW, logits: '0123456789ABCDEF' }, 'expected logits'],
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
    ['not in the one text form of a row', serializeRow(ROW as unknown as MeasuredRow).replace(',[0', ', [0')],
    [
      'not in the one text form of a row',
      serializeRow(ROW as unknown as MeasuredRow).replace('700000', '700000.0'),
    ],
  ])('as another text is malformed: %s', (why, text) => {
    expect(checkClassifyRow(text, 3, LABELS)).toEqual({ problem: 'ROW_MALFORMED', key: null, why });
  });

  const scores = (...all: readonly (readonly [number, number])[]) => ({ scores: all });

  it.each<[string, object, string]>([
    ['more scores than are asked', scores([1, 4], [0, 3], [2, 2], [3, 1]), 'more than 3 scores'],
    ['a class twice', scores([1, 4], [0, 3], [1, 2]), 'a class twice'],
    ['a better one behind', scores([1, 4], [0, 3], [2, 5]), 'scores that are not in their order'],
    ['more than is certain', scores([1, 1_000_001], [0, 0], [2, 0]), 'of 1000000 at most'],
    ['more than all', scores([1, 500_000], [0, 500_000], [2, 4]), 'scores of more than 1000003 in all'],
  ])('with %s contradicts itself, whatever is known', (_, change, why) => {
    for (const labels of [true, false]) {
      expect(check({ ...ROW, ...change }, labels)).toMatchObject({
        ...{ problem: 'ROW_INCONSISTENT', key: 'x', why: expect.stringContaining(why) },
      });
    }
  });

  it('may add up to more than all by what is rounded', () => {
    expect(check({ ...ROW, ...scores([1, 500_000], [0, 500_000], [2, 3]) })).toHaveProperty('row.key', 'x');
  });

  it.each<[string, object, string]>([
    ['a class that the model has not', scores([1, 3], [0, 2], [4, 1]), 'a class beyond 4'],
    ['too few scores', scores([1, 3], [0, 2]), 'fewer than 3 scores'],
    ['the label of another class', { label: 'cat' }, 'not the label of its best class, "dog"'],
    ['a label of no class', { label: 'pig' }, 'not the label of its best class, "dog"'],
  ])('with %s contradicts the model, where that is known', (_, change, why) => {
    expect(check({ ...ROW, ...change })).toEqual({ problem: 'ROW_INCONSISTENT', key: 'x', why });
    expect(check({ ...ROW, ...change }, false)).toHaveProperty('row.key', 'x');
  });

  it('has all classes where there are fewer than are asked', () => {
    const text = serializeRow(ROW as unknown as MeasuredRow);
    expect(checkClassifyRow(text, 20, LABELS.slice(0, 3))).toMatchObject({ why: 'a class beyond 3' });
    expect(checkClassifyRow(text, 20, LABELS)).toMatchObject({ why: 'fewer than 4 scores' });
  });
});
