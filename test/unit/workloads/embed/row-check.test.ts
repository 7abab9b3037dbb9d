import { describe, expect, it } from 'vitest';
import { failedRow, type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import { embeddedRow } from '../../../../src/workloads/embed/embedded-row.ts';
import { checkEmbedRow } from '../../../../src/workloads/embed/row-check.ts';

const ROW = { key: 'x', width: 500, height: 375, channels: 3, embedding: '0123456789abcdef' };
const check = (row: object) => checkEmbedRow(serializeRow(row as MeasuredRow));

describe('a row of embed', () => {
  it('is taken in its one text form, as workers make it', () => {
    expect(check(ROW)).toEqual({ row: ROW });
    const made = embeddedRow({ key: 'é', width: 2, height: 1 }, Float32Array.of(1, -0));
    expect(check(made)).toEqual({ row: made });
    // SHA-256 of 00 00 80 3f 00 00 00 80.
    expect(made).toHaveProperty('embedding', '0cd40d287b3669a9');
  });

  it('that failed is that of any workload', () => {
    const failed = embeddedRow({ key: 'x', width: 2, height: 1 }, Float32Array.of(1, Number.NaN));
    expect(failed).toEqual(failedRow('x', 'SCORES_NOT_FINITE'));
    expect(check(failed)).toEqual({ row: failed });
  });

  it.each<[string, object, string]>([
    ['no key', { ...ROW, key: '' }, 'no key'],
    [
      'no embedding',
      { ...ROW, embedding: undefined },
      'expected exactly key, width, height, channels, embedding',
    ],
    ['a field more', { ...ROW, label: 'cat' }, 'expected exactly'],
    [
      'a hash that is too short',
      { ...ROW, embedding: '0123' },
      'expected an embedding of 16 hexadecimal digits',
    ],
    ['a hash in capitals', { ...ROW, embedding: '0123456789ABCDEF' }, 'expected an embedding'],
    ['no pixels', { ...ROW, height: 0 }, 'expected width and height of 1 to'],
    ['one channel', { ...ROW, channels: 1 }, 'expected 3 channels'],
  ])('with %s is malformed', (_, row, why) => {
    expect(check(row)).toMatchObject({
      problem: 'ROW_MALFORMED',
      key: null,
      why: expect.stringContaining(why),
    });
  });

  it('in another text form is malformed', () => {
    const text = serializeRow(ROW as unknown as MeasuredRow).replace(':500', ': 500');
    expect(checkEmbedRow(text)).toMatchObject({ why: 'not in the one text form of a row' });
  });
});
