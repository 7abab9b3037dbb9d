import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NormalisedFormat } from '../../../../src/contract/normalisation.ts';
import { OPERATIONS } from '../../../../src/contract/operation.ts';
import { failedRow, MAX_PIXELS, type MeasuredRow, serializeRow } from '../../../../src/contract/row.ts';
import { checkRow, meanE6 } from '../../../../src/workloads/statistics/row-check.ts';
import {
  mergeStatistics,
  NO_STATISTICS,
  statisticsOf,
} from '../../../../src/workloads/statistics/statistics.ts';
import { rowOf } from '../../aggregate/fixture.ts';

const STATS = { operation: 'stats' } as const;
const good = rowOf('a "key" 😀.jpg', [10, 20, 30], [200, 210, 220]);

describe('checkRow', () => {
  it.each(OPERATIONS)('takes a sound row of %s', (operation) => {
    const row = rowOf('k', [10, 20, 30], [200, 210, 220], operation);
    expect(checkRow(serializeRow(row), { operation })).toEqual({ row });
  });

  it('takes a failed row with its fixed message only', () => {
    const row = failedRow('k', 'DECODE_FAILED');
    expect(checkRow(serializeRow(row), STATS).row).toEqual(row);
    const other = { key: 'k', error: { code: 'DECODE_FAILED', message: 'another' } };
    expect(checkRow(JSON.stringify(other), STATS).problem).toBe('ROW_MALFORMED');
    const inherited = { key: 'k', error: { code: 'toString', message: 'another' } };
    expect(checkRow(JSON.stringify(inherited), STATS).problem).toBe('ROW_MALFORMED');
  });

  it.each([
    ['no JSON', '{"key":'],
    ['a number', '7'],
    ['an array', '[]'],
    ['no key', '{"width":1}'],
    ['an empty key', JSON.stringify({ ...good, key: '' })],
    ['a field too many', JSON.stringify({ ...good, extra: 1 })],
    ['another order of fields', JSON.stringify(Object.fromEntries(Object.entries(good).toReversed()))],
    ['spaces between fields', JSON.stringify(good, null, 1).replaceAll('\n', '')],
    ['an escaped character', serializeRow(good).replace('😀', '\\ud83d\\ude00')],
    ['a number in another form', serializeRow(good).replace('"width":500', '"width":500.0')],
    ['a fraction', JSON.stringify({ ...good, sum: [1.5, 2, 3] })],
    ['two channels', JSON.stringify({ ...good, sum: [1, 2] })],
    ['four channels', JSON.stringify({ ...good, channels: 4 })],
    ['no pixels', JSON.stringify({ ...good, width: 0 })],
    ['too many pixels', JSON.stringify({ ...good, width: MAX_PIXELS, height: 2 })],
    ['the fields of another operation', JSON.stringify(rowOf('k', [1, 2, 3], [4, 5, 6], 'mean'))],
  ])('refuses %s', (_, text) => {
    expect(checkRow(text, STATS)).toMatchObject({ problem: 'ROW_MALFORMED', key: null });
  });

  it.each([
    ['a mean that is one off', { mean_e6: [105_000_001, 115_000_000, 125_000_000] }],
    ['a min over the max', { min: [201, 20, 30] }],
    ['a max over 255', { max: [256, 210, 220] }],
    ['a sum below min times pixels', { sum: [1, 1, 1] }],
    ['a sum of squares below the sum', { sumSq: [1, 1, 1] }],
    ['a sum of squares over 255 times the sum', { sumSq: [1e12, 1e12, 1e12] }],
  ])('finds %s', (_, wrong) => {
    const text = JSON.stringify({ ...good, ...wrong });
    expect(checkRow(text, STATS)).toMatchObject({ problem: 'ROW_INCONSISTENT', key: good.key });
  });
});

describe('a row of 16 bits', () => {
  const native = { operation: 'stats', depth: 'native' } as const;
  /** 2^27 pixels, half of them white and half one below: its sums of squares are no doubles. */
  const [n, least, most] = [MAX_PIXELS, 65_534, 65_535];
  const sum = (n / 2) * (least + most);
  const sumSq = (BigInt(n) / 2n) * (BigInt(least) ** 2n + BigInt(most) ** 2n);
  const row = (key: string, squares = sumSq): MeasuredRow => ({
    ...{ key, width: n / 8, height: 8, channels: 3, depth: 16, sum: [sum, sum, sum] },
    ...{ sumSq: [squares, squares, squares], min: [least, least, least], max: [most, most, most] },
    mean_e6: [65_534_500_000, 65_534_500_000, 65_534_500_000],
  });

  it.each(['k', 'a "key" 😀'])('is read to the last digit, with the key %s', (key) => {
    expect(checkRow(serializeRow(row(key)), native)).toEqual({ row: row(key) });
    expect(checkRow(serializeRow(row(key, sumSq + 1n)), native)).toEqual({ row: row(key, sumSq + 1n) });
  });

  it('is one that images are normalised from, and none where 8 bits are wanted', () => {
    expect(checkRow(serializeRow(row('k')), STATS).problem).toBe('ROW_MALFORMED');
    const { sum: _, sumSq: _squares, mean_e6: _mean, ...minmax } = row('k');
    const normalised = { ...minmax, output: { pixels_crc32: 1 } };
    const normalisation = { format: 'jpeg', channels: 'all', quality: 90 } as const;
    const found = checkRow(serializeRow(normalised), { operation: 'normalise', normalisation });
    expect(found.row).toEqual(normalised);
  });

  it.each([
    ['another depth', { depth: 12 as 16 }, 'ROW_MALFORMED'],
    ['a max over 65535', { max: [65_536, most, most] }, 'ROW_INCONSISTENT'],
    ['squares below the sum', { sumSq: [1n, sumSq, sumSq] }, 'ROW_INCONSISTENT'],
    ['squares too large by one', { sumSq: [BigInt(sum) * 65_535n + 1n, sumSq, sumSq] }, 'ROW_INCONSISTENT'],
  ] as const)('may not have %s', (_, wrong, problem) => {
    expect(checkRow(serializeRow({ ...row('k'), ...wrong }), native).problem).toBe(problem);
  });

  it('is added to those of 8 bits on the scale of 16, whatever comes first', () => {
    const plain = statisticsOf(rowOf('a', [10, 20, 30], [200, 210, 220]));
    const deep = statisticsOf(row('k'));
    const merged = mergeStatistics(plain, deep);
    expect(merged).toEqual(mergeStatistics(deep, plain));
    expect(merged).toMatchObject({ depth: 16, min: [2570, 5140, 7710], max: [most, most, most] });
    expect(merged.sumSq?.[0]).toBe(257n * 257n * (plain.sumSq?.[0] ?? 0n) + sumSq);
    expect(mergeStatistics(NO_STATISTICS, plain)).toEqual(plain);
    expect(mergeStatistics(deep, NO_STATISTICS)).toEqual(deep);
  });
});

describe('the row of a normalised image', () => {
  const normalised = (format: NormalisedFormat) =>
    ({ operation: 'normalise', normalisation: { format, channels: 'all', quality: 90 } }) as const;
  const minmax = rowOf('k', [10, 20, 30], [200, 210, 220], 'minmax');
  const file = { sha256: 'ab'.repeat(32) };

  it.each([
    ['png', file],
    ['npy', file],
    ['jpeg', { pixels_crc32: 0 }],
    ['jpeg', { pixels_crc32: 2 ** 32 - 1 }],
  ] as const)('as %s has %j', (format, output) => {
    const row = { ...minmax, output };
    expect(checkRow(serializeRow(row), normalised(format))).toEqual({ row });
  });

  it.each([
    ['png', undefined],
    ['png', {}],
    ['png', { sha256: 'AB'.repeat(32) }],
    ['png', { sha256: 'ab' }],
    ['npy', { ...file, pixels_crc32: 1 }],
    ['npy', { pixels_crc32: 1 }],
    ['jpeg', file],
    ['jpeg', { pixels_crc32: 2 ** 32 }],
    ['jpeg', { pixels_crc32: -1 }],
    ['jpeg', 7],
  ] as const)('as %s has not %j', (format, output) => {
    const text = JSON.stringify({ ...minmax, output });
    expect(checkRow(text, normalised(format)).problem).toBe('ROW_MALFORMED');
  });

  it('has min and max that fit together, and no sums', () => {
    const text = JSON.stringify({ ...minmax, min: [201, 20, 30], output: file });
    expect(checkRow(text, normalised('png')).problem).toBe('ROW_INCONSISTENT');
    expect(checkRow(JSON.stringify({ ...good, output: file }), normalised('png')).problem).toBe(
      'ROW_MALFORMED',
    );
  });
});

describe('meanE6', () => {
  it('is sum / n * 10^6 rounded half up, for any image', () => {
    const pixels = fc.integer({ min: 1, max: MAX_PIXELS });
    fc.assert(
      fc.property(pixels, fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const sum = Math.floor(255 * n * part);
        const exact = (2n * BigInt(sum) * 1_000_000n + BigInt(n)) / (2n * BigInt(n));
        expect(meanE6(sum, n)).toBe(Number(exact));
      }),
    );
  });

  it('rounds a half up', () => {
    expect(meanE6(1, 2_000_000)).toBe(1);
    expect(meanE6(1, 2_000_001)).toBe(0);
  });
});
