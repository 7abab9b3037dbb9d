import { describe, expect, it } from 'vitest';
import { failedRow, type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import { checkKmeansRow } from '../../../../src/workloads/kmeans/row-check.ts';

const ROW: MeasuredRow = { key: 'x', width: 2, height: 1, channels: 3, label: '9' };
const SIZE = { width: 2, height: 1 };
const check = (row: object) => checkKmeansRow(serializeRow(row as MeasuredRow), 10, SIZE);

describe('a row of kmeans', () => {
  it('is taken in its one text form', () => {
    expect(check(ROW)).toEqual({ row: ROW });
    expect(check({ ...ROW, key: 'café "1"', label: '0' })).toHaveProperty('row.key', 'café "1"');
    expect(checkKmeansRow(serializeRow({ ...ROW, width: 9 }), 10, null)).toHaveProperty('row.width', 9);
    const failed = failedRow('x', 'SIZE_DIFFERS');
    expect(check(failed)).toEqual({ row: failed });
  });

  it.each<[string, object, string]>([
    ['no key', { ...ROW, key: '' }, 'no key'],
    ['no cluster', { ...ROW, label: undefined }, 'expected exactly key, width'],
    ['a field more', { ...ROW, neighbours: [] }, 'expected exactly key, width'],
    ['a number', { ...ROW, label: 1 }, 'expected the number of a cluster'],
    ['another text of a number', { ...ROW, label: '01' }, 'expected the number of a cluster'],
    ['a number below 0', { ...ROW, label: '-1' }, 'expected the number of a cluster'],
    ['no number', { ...ROW, label: '' }, 'expected the number of a cluster'],
    ['no pixels', { ...ROW, width: 0 }, 'expected width and height of 1 to'],
    [
      'another message',
      { ...failedRow('x', 'SIZE_DIFFERS'), error: { code: 'SIZE_DIFFERS', message: '' } },
      'its message',
    ],
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
    ['not in the one text form of a row', serializeRow(ROW).replace(',"width"', ', "width"')],
    ['not in the one text form of a row', serializeRow(ROW).replace('"9"', '"\\u0039"')],
  ])('as another text is malformed: %s', (why, text) => {
    expect(checkKmeansRow(text, 10, SIZE)).toEqual({ problem: 'ROW_MALFORMED', key: null, why });
  });

  it.each<[string, object, string]>([
    ['a cluster that is none', { ...ROW, label: '10' }, 'cluster 10 of 10'],
    ['another size', { ...ROW, width: 1, height: 2 }, 'another size than 2x1'],
  ])('with %s contradicts the centres', (_, row, why) => {
    expect(check(row)).toEqual({ problem: 'ROW_INCONSISTENT', key: 'x', why });
  });
});
