import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClockOffset } from '../../../src/contract/span.ts';
import { agreedOffset, provenSkew } from '../../../src/timing/clock-offset.ts';

const bounds = (offsetLowMs: number, offsetHighMs: number): ClockOffset => ({ offsetLowMs, offsetHighMs });
const allows = ({ offsetLowMs, offsetHighMs }: ClockOffset, at: number) =>
  offsetLowMs <= at && at <= offsetHighMs;
const anyBounds = fc
  .tuple(fc.integer({ min: -60, max: 60 }), fc.nat(40))
  .map(([low, width]) => bounds(low, low + width));

describe('agreedOffset', () => {
  it('is what all bounds have in common, where they have', () => {
    expect(agreedOffset([bounds(0, 100), bounds(60, 300), bounds(-50, 80)])).toEqual({
      offset: bounds(60, 80),
      agreeing: 3,
    });
    expect(agreedOffset([bounds(3, 3)])).toEqual({ offset: bounds(3, 3), agreeing: 1 });
  });

  it.each<[string, ClockOffset[], object]>([
    [
      'one that lies',
      [bounds(10, 20), bounds(12, 30), bounds(900, 901)],
      { offset: bounds(12, 20), agreeing: 2 },
    ],
    [
      'one that contradicts itself',
      [bounds(0, 9), bounds(1, 8), bounds(50, 40)],
      { offset: bounds(1, 8), agreeing: 2 },
    ],
    ['two that contradict each other', [bounds(0, 1), bounds(5, 6)], { offset: null, agreeing: 1 }],
    ['none', [], { offset: null, agreeing: 0 }],
  ])('with %s', (_, given, expected) => {
    expect(agreedOffset(given)).toEqual(expected);
  });

  it('is that of a count at every offset, and needs a majority', () => {
    fc.assert(
      fc.property(fc.array(anyBounds, { minLength: 1, maxLength: 12 }), (given) => {
        const most = Math.max(
          ...given.map(({ offsetLowMs }) => given.filter((other) => allows(other, offsetLowMs)).length),
        );
        const { offset, agreeing } = agreedOffset(given);
        expect(agreeing).toBe(most);
        expect(offset === null).toBe(most * 2 <= given.length);
        if (offset === null) return;
        for (const at of [offset.offsetLowMs, offset.offsetHighMs]) {
          expect(given.filter((other) => allows(other, at)).length).toBe(most);
        }
      }),
    );
  });

  it('has the true offset in it, as long as liars are a minority', () => {
    const truth = fc.integer({ min: -10_000, max: 10_000 });
    const honest = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 5, maxLength: 20 });
    fc.assert(
      fc.property(truth, honest, fc.array(anyBounds, { maxLength: 4 }), (offset, errors, liars) => {
        const given = errors.map(([below, above]) => bounds(offset - below, offset + above));
        // A liar far away: it cannot agree with anybody by chance.
        const far = liars.map(({ offsetLowMs, offsetHighMs }) =>
          bounds(offsetLowMs + 1e6, offsetHighMs + 1e6),
        );
        const agreed = agreedOffset([...far, ...given]);
        expect(agreed.offset && allows(agreed.offset, offset)).toBe(true);
      }),
    );
  });
});

describe('provenSkew', () => {
  it('is the distance of the bounds from 0, with its sign', () => {
    expect(provenSkew(bounds(20, 300))).toBe(20);
    expect(provenSkew(bounds(-300, -20))).toBe(-20);
    expect(provenSkew(bounds(-300, 20))).toBe(0);
  });
});
