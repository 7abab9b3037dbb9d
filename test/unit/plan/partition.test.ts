import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PartitionInput, partition } from '../../../src/plan/partition.ts';

/** Furthest ends that never fall and lie behind their start, as `partition` asks for. */
const inputs: fc.Arbitrary<PartitionInput> = fc
  .array(fc.record({ weight: fc.nat({ max: 1_000 }), reach: fc.integer({ min: 1, max: 6 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .chain((elements) => {
    let end = 0;
    const capEnds = elements.map(({ reach }, i) => {
      end = Math.min(elements.length, Math.max(end, i + reach));
      return end;
    });
    return fc.record({
      weights: fc.constant(elements.map(({ weight }) => weight)),
      capEnds: fc.constant(capEnds),
      pieces: fc.integer({ min: 1, max: 15 }),
    });
  });

/** The least possible weight of the heaviest of exactly `pieces` pieces, by trying every cut; Infinity if there is none. */
function optimum({ weights, capEnds }: PartitionInput, pieces: number, start = 0): number {
  if (start === weights.length) return pieces === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (pieces === 0) return Number.POSITIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  let weight = 0;
  for (let end = start + 1; end <= (capEnds[start] ?? 0); end += 1) {
    weight += weights[end - 1] ?? 0;
    best = Math.min(best, Math.max(weight, optimum({ weights, capEnds, pieces }, pieces - 1, end)));
  }
  return best;
}

describe('partition', () => {
  it('finds the optimum of all contiguous partitions, with the pieces that are wanted or needed', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const result = partition(input);
        const weightOf = ({ start, end }: { start: number; end: number }) =>
          Array.from(input.weights)
            .slice(start, end)
            .reduce((a, b) => a + b, 0);

        // Contiguous, complete, none empty, within the caps.
        expect(result.map(({ start }) => start)).toEqual([0, ...result.slice(0, -1).map(({ end }) => end)]);
        expect(result.at(-1)?.end).toBe(input.weights.length);
        for (const { start, end } of result) {
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(input.capEnds[start] ?? 0);
        }

        // The wanted number, or the fewest that the caps allow.
        const wanted = Math.min(input.pieces, input.weights.length);
        expect(result.length).toBeGreaterThanOrEqual(wanted);
        if (result.length > wanted) expect(optimum(input, result.length - 1)).toBe(Number.POSITIVE_INFINITY);

        expect(Math.max(...result.map(weightOf))).toBe(optimum(input, result.length));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the other pieces even where one element is much heavier than the rest', () => {
    const weights = [1_000, ...new Array(30).fill(10)];
    const result = partition({ weights, capEnds: weights.map(() => weights.length), pieces: 4 });
    expect(result).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 11 },
      { start: 11, end: 21 },
      { start: 21, end: 31 },
    ]);
  });

  it('gives nothing for nothing, and copes with weights of 0', () => {
    expect(partition({ weights: [], capEnds: [], pieces: 3 })).toEqual([]);
    expect(partition({ weights: [0, 0, 0], capEnds: [3, 3, 3], pieces: 2 })).toHaveLength(2);
  });
});
