import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/concurrency/byte-budget.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that goes on until it is told to end, one way or the other. */
function held(budget: ByteBudget, bytes: number) {
  const gate = Promise.withResolvers<void>();
  let entered = false;
  const done = budget.with(bytes, () => {
    entered = true;
    return gate.promise;
  });
  return { done, end: gate.resolve, fail: gate.reject, entered: () => entered };
}

describe('ByteBudget', () => {
  it('lets in what fits and keeps the rest waiting', async () => {
    const budget = new ByteBudget(10);
    const [a, b, c] = [held(budget, 6), held(budget, 4), held(budget, 1)];
    await turn();
    expect([a, b, c].map(({ entered }) => entered())).toEqual([true, true, false]);
    b.end();
    await b.done;
    await turn();
    expect(c.entered()).toBe(true);
    a.end();
    c.end();
    await Promise.all([a.done, c.done]);
  });

  it('is first come, first served: a small one does not overtake a large one', async () => {
    const budget = new ByteBudget(10);
    const [a, large, small] = [held(budget, 5), held(budget, 9), held(budget, 1)];
    await turn();
    expect(large.entered() || small.entered()).toBe(false);
    a.end();
    await turn();
    expect([large.entered(), small.entered()]).toEqual([true, true]);
    large.end();
    small.end();
    await Promise.all([a.done, large.done, small.done]);
  });

  it('lets one that is over the limit in alone, and nobody beside it', async () => {
    const budget = new ByteBudget(10);
    const [first, huge, next] = [held(budget, 1), held(budget, 99), held(budget, 1)];
    await turn();
    expect(huge.entered()).toBe(false);
    first.end();
    await turn();
    expect([huge.entered(), next.entered()]).toEqual([true, false]);
    huge.end();
    await turn();
    expect(next.entered()).toBe(true);
    next.end();
    await Promise.all([first.done, huge.done, next.done]);
  });

  it('gives the bytes back when the work fails, rejected or thrown at once', async () => {
    const budget = new ByteBudget(10);
    const failing = held(budget, 10);
    const next = budget.with(10, async () => 'in');
    failing.fail(new Error('broken'));
    await expect(failing.done).rejects.toThrow('broken');
    expect(await next).toBe('in');
    const throwing = budget.with(10, () => {
      throw new Error('at once');
    });
    await expect(throwing).rejects.toThrow('at once');
    expect(await budget.with(10, async () => 'in again')).toBe('in again');
  });

  it('returns what the work returns', async () => {
    expect(await new ByteBudget(1).with(0, async () => 42)).toBe(42);
  });

  it('never holds more than its limit but one alone, serves in order, and everybody in the end', async () => {
    const job = fc.record({
      bytes: fc.integer({ min: 0, max: 150 }),
      turns: fc.integer({ min: 0, max: 3 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100 }),
        fc.array(job, { maxLength: 25 }),
        async (limit, jobs) => {
          // Prepare
          const budget = new ByteBudget(limit);
          const inside = new Map<number, number>();
          const order: number[] = [];

          // Act
          const settled = await Promise.allSettled(
            jobs.map(({ bytes, turns, fails }, id) =>
              budget.with(bytes, async () => {
                order.push(id);
                inside.set(id, bytes);
                const holders = [...inside.values()].filter((held) => held > 0);
                const sum = holders.reduce((total, held) => total + held, 0);
                expect(sum <= limit || holders.length === 1).toBe(true);
                for (let i = 0; i < turns; i += 1) await turn();
                inside.delete(id);
                if (fails) throw new Error('the job failed');
              }),
            ),
          );

          // Assess
          expect(order).toEqual(jobs.map((_, id) => id));
          expect(settled.map(({ status }) => status === 'rejected')).toEqual(jobs.map(({ fails }) => fails));
        },
      ),
      { numRuns: 60 },
    );
  });
});
