import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPERATION_STATISTICS, STATISTICS } from '../../../../src/contract/operation.ts';
import { type MeasuredRow, type PerChannel, serializeRow } from '../../../../src/contract/row.ts';
import { scanRow } from '../../../../src/workloads/statistics/row-scan.ts';

const integer = fc.oneof(fc.nat(300), fc.maxSafeNat());
const three: fc.Arbitrary<PerChannel> = fc.tuple(integer, integer, integer);
const plainKey = fc.string({ minLength: 1, maxLength: 20 }).filter((key) => !/["\\]/.test(key));
const anyKey = fc.string({ unit: 'binary', maxLength: 12 });

function rowArbitrary(key: fc.Arbitrary<string>, statistics: (typeof STATISTICS)[number][]) {
  const figures = Object.fromEntries(statistics.map((name) => [name, three]));
  const fields = { key, width: integer, height: integer, channels: fc.constant(3 as const), ...figures };
  return fc.record(fields) as fc.Arbitrary<MeasuredRow>;
}

describe('scanRow', () => {
  it.each(Object.entries(OPERATION_STATISTICS))('reads what serializeRow writes for %s', (_, statistics) => {
    fc.assert(
      fc.property(rowArbitrary(plainKey, [...statistics]), (row) => {
        expect(scanRow(serializeRow(row), statistics)).toEqual(row);
      }),
    );
  });

  it('takes no text but the one of the row that it gives, whatever was done to it', () => {
    const edit = fc.record({
      at: fc.nat(200),
      cut: fc.nat(3),
      put: fc.constantFrom('', '0', '1', '-', ' ', '"', '\\', ',', '9e9', '.0', ']', 'x'),
    });
    fc.assert(
      fc.property(rowArbitrary(anyKey, [...STATISTICS]), fc.option(edit), (row, change) => {
        const text = serializeRow(row);
        const edited =
          change === null ? text : text.slice(0, change.at) + change.put + text.slice(change.at + change.cut);
        const found = scanRow(edited, STATISTICS);
        if (found === null) return;
        expect(serializeRow(found)).toBe(edited);
        expect(JSON.parse(edited)).toEqual(found);
        for (const value of [found.width, found.height, ...(found.sum ?? [])]) {
          expect(Number.isSafeInteger(value)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a key with an escape', '{"key":"a\\n","width":1,"height":1,"channels":3,"max":[1,2,3]}'],
    ['half a surrogate pair', '{"key":"a\ud800","width":1,"height":1,"channels":3,"max":[1,2,3]}'],
    ['no key', '{"key":"","width":1,"height":1,"channels":3,"max":[1,2,3]}'],
    ['a number with a zero before it', '{"key":"a","width":01,"height":1,"channels":3,"max":[1,2,3]}'],
    ['no digits', '{"key":"a","width":,"height":1,"channels":3,"max":[1,2,3]}'],
    ['a number past 2^53', '{"key":"a","width":9007199254740992,"height":1,"channels":3,"max":[1,2,3]}'],
    ['four channels', '{"key":"a","width":1,"height":1,"channels":4,"max":[1,2,3]}'],
    ['something behind it', '{"key":"a","width":1,"height":1,"channels":3,"max":[1,2,3]} '],
    ['an end that is missing', '{"key":"a","width":1,"height":1,"channels":3,"max":[1,2,3'],
    ['another statistic', '{"key":"a","width":1,"height":1,"channels":3,"min":[1,2,3]}'],
    [
      'an error',
      '{"key":"a","error":{"code":"DECODE_FAILED","message":"the image is truncated or damaged"}}',
    ],
  ])('leaves %s to others', (_, text) => {
    expect(scanRow(text, ['max'])).toBeNull();
  });
});
