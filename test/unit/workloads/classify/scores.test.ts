import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, type Score, scoresOf } from '../../../../src/workloads/classify/scores.ts';
import { exactSoftmax } from './exact-softmax.ts';

const of = (values: readonly number[], top = 5, isSoftmax = false) =>
  scoresOf(Float32Array.from(values), { top, isSoftmax });

/** float32 values: few that differ, those of usual models, and any at all. */
const value = fc.oneof(
  fc.constantFrom(-1, -0, 0, 0.5, 1),
  fc.float({ min: -20, max: 20, noNaN: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);
const values = fc.array(value, { minLength: 1, maxLength: 60 });

/** The order of the classes by a stable sort; `sort` compares 0 and -0 as equal. */
function ordered(all: readonly number[]): number[] {
  return all.map((_, index) => index).sort((a, b) => (all[b] ?? 0) - (all[a] ?? 0) || a - b);
}

describe('the best classes', () => {
  it('are those of the largest values, and of equal ones the first', () => {
    const indices = (...args: Parameters<typeof of>) => of(...args)?.map(([index]) => index);
    expect(indices([1, 3, 2], 2)).toEqual([1, 2]);
    expect(indices([1, 3, 2], 20)).toEqual([1, 2, 0]);
    expect(indices([0, -0, 7, 0], 4)).toEqual([2, 0, 1, 3]);
    expect(indices([-0, 0, -0], 2)).toEqual([0, 1]);
    // As many millionths, but not as large.
    expect(of([0, 0.000_000_1], 2)).toEqual([
      [1, 500_000],
      [0, 500_000],
    ]);
  });

  it('are those that a sort of all finds', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), fc.boolean(), (all, top, isSoftmax) => {
        const found = of(all, top, isSoftmax)?.map(([index]) => index);
        expect(found).toEqual(ordered(Array.from(Float32Array.from(all))).slice(0, top));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('millionths', () => {
  it.each<[readonly number[], readonly Score[]]>([
    [[5], [[0, 1_000_000]]],
    [[-1e30], [[0, 1_000_000]]],
    [
      [2, 2],
      [
        [0, 500_000],
        [1, 500_000],
      ],
    ],
    // ln 3 rounded to float32: 3/4 and 1/4.
    [
      [0, Math.log(3)],
      [
        [1, 750_000],
        [0, 250_000],
      ],
    ],
    [
      [3e38, -3e38, 3e38],
      [
        [0, 500_000],
        [2, 500_000],
        [1, 0],
      ],
    ],
    // e^-14.5 is 0.504 millionths, e^-14.6 is 0.456.
    [
      [0, -14.5],
      [
        [0, 999_999],
        [1, 1],
      ],
    ],
    [
      [0, -14.6],
      [
        [0, 1_000_000],
        [1, 0],
      ],
    ],
  ])('of the output %j are %j', (all, scores) => {
    expect(of(all)).toEqual(scores);
  });

  it('are those of the exact softmax, but for ones that lie between two', () => {
    let between = 0;
    let compared = 0;
    const usual = fc.array(fc.oneof(value, fc.float({ min: -8, max: 8, noNaN: true })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(usual, (all) => {
        const exact = exactSoftmax(Array.from(Float32Array.from(all)));
        for (const [index, millionths] of of(all, 20) ?? []) {
          const { floor, rest } = exact(index);
          compared += 1;
          if (Math.abs(rest - 0.5) < 1e-7) between += 1;
          else expect(millionths).toBe(Number(floor) + (rest >= 0.5 ? 1 : 0));
        }
      }),
      { numRuns: 300 },
    );
    // Rounded one way or the other by the last digits of doubles: seldom.
    expect(between).toBeLessThan(compared / 100);
  });

  it('never grow from one class to the next, and are no more than all', () => {
    fc.assert(
      fc.property(values, (all) => {
        const scores = of(all, 20)?.map(([, millionths]) => millionths) ?? [];
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(scores.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1_000_000 + scores.length / 2);
      }),
    );
  });

  it('of a model that ends with a softmax are its own, rounded half up', () => {
    expect(of([0.25, 0.5, 0.25], 5, true)).toEqual([
      [1, 500_000],
      [0, 250_000],
      [2, 250_000],
    ]);
    // 2^-21 is 0.476837 millionths, 3 * 2^-21 is 1.43.
    expect(of([2 ** -21, 3 * 2 ** -21, 1, 1.000_000_1], 5, true)).toEqual([
      [3, 1_000_000],
      [2, 1_000_000],
      [1, 1],
      [0, 0],
    ]);
    expect(of([0.123_456_5, -0], 5, true)).toEqual([
      [0, Math.floor(Math.fround(0.123_456_5) * 1e6 + 0.5)],
      [1, 0],
    ]);
  });

  it('come of 100,000 classes, too', () => {
    const all = Float32Array.from({ length: 100_000 }, (_, index) => (index === 77_777 ? 20 : 0));
    const part = Math.exp(20) / (Math.exp(20) + 99_999);
    expect(scoresOf(all, { top: 2, isSoftmax: false })).toEqual([
      [77_777, Math.round(part * 1e6)],
      [0, 0],
    ]);
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'there are none with %d among them',
  (odd) => {
    for (const isSoftmax of [true, false]) {
      expect(of([odd], 1, isSoftmax)).toBeNull();
      expect(of([1, 2, 3, 4, odd], 2, isSoftmax)).toBeNull();
      expect(of([odd, 1, 2, 3, 4], 2, isSoftmax)).toBeNull();
    }
  },
);

it('the hash is of the bytes of these values alone, the low byte first', () => {
  const all = Float32Array.of(9, 1, -2, 9);
  const bytes = Buffer.alloc(8);
  bytes.writeFloatLE(1, 0);
  bytes.writeFloatLE(-2, 4);
  const expected = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  expect(hashOf(all.subarray(1, 3))).toBe(expected);
  expect(hashOf(Float32Array.of(0))).not.toBe(hashOf(Float32Array.of(-0)));
});
