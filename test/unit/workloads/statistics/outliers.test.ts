import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeasuredRow } from '../../../../src/contract/row.ts';
import { OutlierFinder, type Outliers } from '../../../../src/workloads/statistics/outliers.ts';

const STEP = 1024;

describe('OutlierFinder', () => {
  it('finds what the rule gives of all sorted means, however many images are out', () => {
    const means = fc.array(fc.oneof(fc.nat(255_000_000), fc.integer({ min: 100e6, max: 110e6 })), {
      minLength: 1,
      maxLength: 120,
    });
    fc.assert(
      fc.property(means, (all) => {
        // Act
        const found = outliersOf(all.map((mean, at) => grey(at, mean)));

        // Assess
        const steps = all.map((mean) => Math.floor(mean / STEP)).sort((a, b) => a - b);
        const quantile = (part: number) => steps[Math.ceil(part * steps.length) - 1] ?? 0;
        const [q1, q3] = [quantile(0.25), quantile(0.75)];
        const range = Math.max(977, q3 - q1);
        const [below, above] = [q1 - 3 * range, q3 + 3 * range];
        const out = steps.filter((step) => step < below || step > above);
        const red = found?.means?.channels[0];
        expect(red).toMatchObject({
          ...{ channel: 'red', q1: (q1 * STEP) / 1e6, q3: (q3 * STEP) / 1e6 },
          ...{ low: (below * STEP) / 1e6, high: (above * STEP) / 1e6 },
          below: steps.filter((step) => step < below).length,
          above: steps.filter((step) => step > above).length,
        });
        const distances = out.map((step) => Math.max(q1 - step, step - q3) / range).sort((a, b) => b - a);
        expect(found?.means?.farthest.map(({ ranges }) => ranges)).toEqual(distances.slice(0, 20));
      }),
      { numRuns: 40 },
    );
  });

  it('names an image once, by the channel in which it is farthest out', () => {
    const rows = Array.from({ length: 40 }, (_, at) => grey(at, 100e6 + at * 1e5));
    const found = outliersOf([...rows, row('odd', [250e6, 0, 5e6])]);
    expect(found?.means?.farthest).toMatchObject([{ key: 'odd', channel: 'blue', mean: 5 }]);
    expect(found?.means?.channels.map(({ below, above }) => [below, above])).toEqual([
      [0, 1],
      [0, 0],
      [1, 0],
    ]);
  });

  it('makes none of images that differ by less than three levels', () => {
    const found = outliersOf([...Array.from({ length: 50 }, (_, at) => grey(at, 100e6)), grey(50, 102.9e6)]);
    expect(found?.means?.farthest).toEqual([]);
    expect(
      outliersOf([...Array.from({ length: 50 }, (_, at) => grey(at, 100e6)), grey(50, 103.1e6)]),
    ).toMatchObject({
      means: { farthest: [{ key: '00050' }] },
    });
  });

  it('takes a mean on the fence for none, and one a step beyond it for one', () => {
    const [middle, fence] = [100_000, 3 * 977];
    const usual = Array.from({ length: 50 }, (_, at) => grey(at, middle * STEP));
    const countOf = (step: number) => {
      const { below, above } = outliersOf([...usual, grey(50, step * STEP)])?.means?.channels[0] ?? {};
      return [below, above];
    };
    expect(countOf(middle - fence)).toEqual([0, 0]);
    expect(countOf(middle - fence - 1)).toEqual([1, 0]);
    expect(countOf(middle + fence)).toEqual([0, 0]);
    expect(countOf(middle + fence + 1)).toEqual([0, 1]);
  });

  it('counts images of one colour and keeps the first 20', () => {
    const flat = { min: [9, 0, 9], max: [9, 0, 9] } as const;
    const rows = Array.from({ length: 30 }, (_, at) => ({ ...size, key: `flat${at}`, ...flat }));
    const found = outliersOf([{ ...size, key: 'a', min: [9, 0, 9], max: [9, 1, 9] }, ...rows]);
    expect(found?.constant).toEqual({ count: 30, examples: rows.slice(0, 20).map(({ key }) => key) });
    expect(found?.means).toBeNull();
  });

  it('says nothing of what rows do not have', () => {
    expect(new OutlierFinder().outliers).toBeNull();
    expect(outliersOf([{ ...size, key: 'a', max: [1, 1, 1] }])).toEqual({
      images: 1,
      means: null,
      constant: null,
    });
  });
});

const size = { width: 1, height: 1, channels: 3 } as const;

function row(key: string, mean_e6: readonly [number, number, number]): MeasuredRow {
  return { ...size, key, mean_e6 };
}

function grey(at: number, mean: number): MeasuredRow {
  return row(String(at).padStart(5, '0'), [mean, 0, 255e6]);
}

function outliersOf(rows: readonly MeasuredRow[]): Outliers | null {
  const finder = new OutlierFinder();
  for (const row of rows) finder.add(row);
  return finder.outliers;
}
