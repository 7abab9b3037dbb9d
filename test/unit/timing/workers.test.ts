import { describe, expect, it } from 'vitest';
import { WorkCounter } from '../../../src/timing/workers.ts';
import { spanOf } from '../aggregate/fixture.ts';

function totalsOf(...spans: readonly Parameters<typeof spanOf>[2][]) {
  const counter = new WorkCounter();
  for (const [batch, span] of spans.entries()) counter.add(spanOf('fleet', batch, span));
  return counter.totals();
}

describe('WorkCounter', () => {
  it('counts the batches that each processor did, the one with the most first', () => {
    const [one, other] = [
      { name: 'Xeon', kind: 'x64 avx avx2' },
      { name: 'EPYC', kind: 'x64 avx avx2' },
    ];
    const { processors } = totalsOf(
      { processor: other },
      { processor: one },
      {},
      { processor: null },
      { processor: { ...one } },
    );
    expect(processors).toEqual([
      { ...one, batches: 2 },
      { ...other, batches: 1 },
    ]);
  });

  it('tells the fewest images that a model could have at a time, and nothing where memory sufficed', () => {
    expect(totalsOf({}, { modelBatch: 4 }, { modelBatch: 2 }, { modelBatch: 3 }).modelBatch).toBe(2);
    expect(totalsOf({}, {})).not.toHaveProperty('modelBatch');
  });
});
