import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { best, NO_LIMITS } from '../../../src/advice/choose.ts';
import { idealOf, scoreOf, weightOf } from '../../../src/advice/strategy.ts';
import { parse } from '../../../src/parse.ts';
import { adviceRequestSchema } from '../../../src/run/advice-request.ts';

const amount = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const outlays = fc.array(fc.record({ usd: amount, seconds: amount }), { minLength: 1, maxLength: 50 });
const weight = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('scoreOf', () => {
  it('is 0 at the ideal and more elsewhere, and weighs half the time against twice the money', () => {
    const ideal = idealOf([
      { usd: 2, seconds: 60 },
      { usd: 8, seconds: 10 },
    ]);
    expect(ideal).toEqual({ usd: 2, seconds: 10 });
    expect(scoreOf(ideal, 0.3, ideal)).toBe(0);
    expect(scoreOf({ usd: 4, seconds: 10 }, 0.5, ideal)).toBeCloseTo(
      scoreOf({ usd: 2, seconds: 20 }, 0.5, ideal),
      12,
    );
  });

  it('orders the same whatever the ideal is', () => {
    fc.assert(
      fc.property(outlays, weight, fc.record({ usd: amount, seconds: amount }), (all, cost, other) => {
        const [a, b = a] = all;
        if (a === undefined || b === undefined) return;
        const gap = (ideal: typeof a) => scoreOf(a, cost, ideal) - scoreOf(b, cost, ideal);
        expect(gap(other)).toBeCloseTo(gap(idealOf(all)), 9);
      }),
    );
  });
});

describe('best', () => {
  it('costs no more with a larger weight of cost, and takes no longer with a smaller one', () => {
    fc.assert(
      fc.property(outlays, weight, weight, (all, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)].map((cost) =>
          best(all, cost, NO_LIMITS),
        );
        expect(more?.usd).toBeLessThanOrEqual((less?.usd ?? 0) * (1 + 1e-9));
        expect(less?.seconds).toBeLessThanOrEqual((more?.seconds ?? 0) * (1 + 1e-9));
      }),
    );
  });

  it('costs no more with a looser deadline, and takes no longer with a larger budget', () => {
    fc.assert(
      fc.property(
        outlays,
        weight,
        amount,
        fc.double({ min: 1, max: 100, noNaN: true }),
        (all, cost, at, by) => {
          const within = (seconds: number, usd: number) => best(all, cost, { ...NO_LIMITS, seconds, usd });
          const strict = within(at, Number.POSITIVE_INFINITY);
          if (strict) {
            const loose = within(at * by, Number.POSITIVE_INFINITY);
            expect(loose?.usd).toBeLessThanOrEqual(strict.usd * (1 + 1e-9));
          }
          const poor = within(Number.POSITIVE_INFINITY, at);
          if (poor) {
            const rich = within(Number.POSITIVE_INFINITY, at * by);
            expect(rich?.seconds).toBeLessThanOrEqual(poor.seconds * (1 + 1e-9));
          }
        },
      ),
    );
  });

  it('counts what is around the arm towards the deadline', () => {
    const outlay = { usd: 1, seconds: 4 };
    expect(best([outlay], 0.5, { ...NO_LIMITS, seconds: 5, aroundSeconds: 1 })).toBe(outlay);
    expect(best([outlay], 0.5, { ...NO_LIMITS, seconds: 5, aroundSeconds: 1.1 })).toBeNull();
  });

  it('takes the cheaper one of two that are equally good, and nothing where nothing keeps to the limits', () => {
    const [dear, cheap] = [
      { usd: 4, seconds: 1 },
      { usd: 1, seconds: 4 },
    ];
    expect(best([dear, cheap], 0.5, NO_LIMITS)).toBe(cheap);
    expect(best([cheap, dear], 0.5, NO_LIMITS)).toBe(cheap);
    expect(best([cheap, dear], 0.5, { ...NO_LIMITS, seconds: 2, usd: 3 })).toBeNull();
  });
});

describe('a request', () => {
  const check = (input: object) => parse(adviceRequestSchema, input, 'The request');

  it('is balanced unless it says otherwise; cost and speed leave a hundredth to the other one', () => {
    expect(
      [check({}), check({ weight: 0.8 }), check({ strategy: 'cost' }), check({ strategy: 'speed' })].map(
        weightOf,
      ),
    ).toEqual([0.5, 0.8, 0.99, 0.01]);
  });

  it.each([
    [{ strategy: 'cost', weight: 0.5 }, 'Expected nothing unless `strategy` is "balanced" for `weight`'],
    [{ strategy: 'cheap' }, 'for `strategy`'],
    [{ weight: 1.5 }, 'for `weight`'],
    [{ deadlineSeconds: 0 }, 'for `deadlineSeconds`'],
    [{ budgetUsd: -1 }, 'for `budgetUsd`'],
    [{ deadline: 10 }, '`deadline`'],
  ])('refuses %j', (input, message) => expect(() => check(input)).toThrow(message));
});
