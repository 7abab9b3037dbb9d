import { describe, expect, it } from 'vitest';
import { type Figure, figuresOf, foundText, ratioOf, usdPerMillion } from '../../../src/ablation/figures.ts';
import { aloneTable, togetherTable } from '../../../src/ablation/tables.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { named, TOOK } from './switches.ts';

const prices = readPrices('us-east-1');
const figures = figuresOf(prices, 2);
const times = (...seconds: number[]) => seconds.map((each) => ({ ...TOOK, seconds: each }));
const seconds: Figure['of'] = (took) => took.seconds;

describe('usdPerMillion', () => {
  it('is that of the machines for their time and of the requests', () => {
    const machine = (0.08925 / 3600) * 36;
    const requests = 10 * 5e-6 + 100 * 4e-7;
    expect(usdPerMillion(TOOK, prices, 2)).toBeCloseTo(((machine + requests) / 100) * 1e6, 6);
    expect(usdPerMillion(TOOK, prices, 4)).toBeCloseTo(((2 * machine + requests) / 100) * 1e6, 6);
  });
});

describe('ratioOf', () => {
  it('is that of the ratios in the rounds', () => {
    expect(ratioOf(seconds, times(20, 60, 10), times(10, 20, 10))).toEqual({ median: 2, min: 1, max: 3 });
  });

  it('is 1 where both took nothing, and none where only the other one did', () => {
    expect(ratioOf(seconds, times(0), times(0))).toEqual({ median: 1, min: 1, max: 1 });
    expect(ratioOf(seconds, times(1), times(0))).toBeNull();
    expect(ratioOf(seconds, times(1, 1), times(1))).toBeNull();
  });
});

describe('foundText', () => {
  it.each([
    [{ median: 1.2, min: 1.1, max: 1.3 }, '20 % more CPU'],
    [{ median: 3, min: 2, max: 4 }, 'CPU x3.0'],
    [{ median: 0.7, min: 0.6, max: 0.9 }, '30 % less CPU'],
    [{ median: 1.2, min: 0.9, max: 1.3 }, 'no difference shown'],
    [{ median: 0.96, min: 0.95, max: 0.97 }, 'no difference shown'],
    [null, 'not measured'],
  ])('of %j is %j', (ratio, text) => {
    expect(foundText(ratio)).toBe(text);
  });
});

describe('togetherTable', () => {
  it('has medians, with the least and the most of times', () => {
    const table = togetherTable([{ title: 'plain', took: times(36, 40, 50) }], figures);
    expect(table).toContain('| plain | 40.0 [36.0-50.0] | 50.0 [50.0-50.0] | 3 |');
  });
});

describe('aloneTable', () => {
  it('has ratios within the rounds beside what was expected', () => {
    const one = named('ahead', { needs: ['clients'] });
    const table = aloneTable([{ one, with: times(72, 72), without: times(36, 72) }], figures);
    expect(table).toContain(
      '| `ahead`, with `clients` | what ahead is | little | no difference shown | 1.50 [1.00-2.00] | 1.00 [1.00-1.00] |',
    );
    expect(table.split('\n')[1]).toMatch(/^\| --- \| --- \| --- \| --- \| ---: \|/);
  });
});
