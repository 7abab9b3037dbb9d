import { describe, expect, it } from 'vitest';
import { ColdWarmCounter } from '../../../src/timing/cold-warm.ts';

const span = (wallMs: number, coldStartMs: number, items: number) => ({
  startedAt: 1000,
  endedAt: 1000 + wallMs,
  coldStartMs,
  items,
});

function coldAndWarm(spans: readonly ReturnType<typeof span>[]) {
  const counter = new ColdWarmCounter();
  for (const each of spans) counter.add(each);
  return counter.totals();
}

describe('ColdWarmCounter', () => {
  it('has the median time of an image, the cold start in that of cold batches', () => {
    const spans = [span(100, 300, 10), span(200, 0, 10), span(90, 0, 10), span(300, 0, 10)];
    expect(coldAndWarm(spans)).toEqual({
      cold: { batches: 1, items: 10, msPerItem: 40, coldStartMs: 300 },
      warm: { batches: 3, items: 30, msPerItem: 20, coldStartMs: 0 },
    });
  });

  it('has nothing to say of what was not there', () => {
    const none = { batches: 0, items: 0, msPerItem: null, coldStartMs: null };
    expect(coldAndWarm([])).toEqual({ cold: none, warm: none });
    expect(coldAndWarm([span(5, 0, 0)]).warm).toEqual({ ...none, batches: 1 });
  });
});
