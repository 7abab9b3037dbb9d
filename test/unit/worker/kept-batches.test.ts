import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeptBatch, KeptBatches } from '../../../src/worker/kept-batches.ts';

const batchOf = (bytes: number): KeptBatch => ({
  loaded: { rows: [], pixels: new Uint8Array(bytes) },
  droppedBits: 0,
  left: {},
});
const place = (batch: number, runId = 'r', round = 0) => ({ runId, round, batch: { batch } });

describe('the batches that are kept', () => {
  it('are those that were put, of their own run and round', () => {
    const kept = new KeptBatches(100);
    const batch = batchOf(10);
    kept.put(place(1), 0, batch);
    expect(kept.get(place(1), 1)).toBe(batch);
    expect(kept.get(place(2), 1)).toBeUndefined();
    expect(kept.get(place(1, 'other'), 1)).toBeUndefined();
    expect(kept.get(place(1, 'r', 1), 1)).toBeUndefined();
  });

  it('take the place of one another', () => {
    const kept = new KeptBatches(100);
    kept.put(place(1), 0, batchOf(60));
    const again = batchOf(70);
    kept.put(place(1), 1, again);
    expect(kept.get(place(1), 1)).toBe(again);
    expect(kept.bytes).toBe(70);
  });

  it('of other runs and rounds go first, the one that was wanted longest ago before others', () => {
    const kept = new KeptBatches(100);
    kept.put(place(1, 'earlier'), 0, batchOf(30));
    kept.put(place(2, 'r', 0), 0, batchOf(30));
    kept.put(place(1, 'r', 1), 0, batchOf(30));
    kept.get(place(1, 'earlier'), 1);
    kept.put(place(2, 'r', 1), 0, batchOf(30));
    expect(kept.get(place(2, 'r', 0), 1)).toBeUndefined();
    expect(kept.get(place(1, 'earlier'), 1)).toBeDefined();
    expect(kept.get(place(1, 'r', 1), 1)).toBeDefined();
    expect(kept.get(place(2, 'r', 1), 1)).toBeDefined();
  });

  it('are wanted again in each stage as far as there is room, whichever order the stages have', () => {
    const kept = new KeptBatches(100);
    const hits = [0, 1, 2].map((stage) => {
      let found = 0;
      for (let batch = 0; batch < 20; batch += 1) {
        if (kept.get(place(batch), stage) !== undefined) found += 1;
        else kept.put(place(batch), stage, batchOf(10));
      }
      return found;
    });
    expect(hits).toEqual([0, 10, 10]);
  });

  it('of this round go once two stages have not wanted them', () => {
    const kept = new KeptBatches(100);
    kept.put(place(1), 0, batchOf(100));
    kept.put(place(2), 1, batchOf(100));
    expect(kept.get(place(2), 1)).toBeUndefined();
    kept.put(place(2), 2, batchOf(100));
    expect(kept.get(place(2), 2)).toBeDefined();
    expect(kept.get(place(1), 2)).toBeUndefined();
  });

  it('count their rows', () => {
    const kept = new KeptBatches(10_000);
    const rows = [{ key: 'k'.repeat(400), width: 1, height: 1, channels: 3 as const }];
    kept.put(place(1), 0, { ...batchOf(3), loaded: { rows, pixels: new Uint8Array(3) } });
    expect(kept.bytes).toBeGreaterThan(800);
  });

  it('never take more than they may', () => {
    const puts = fc.tuple(fc.nat(5), fc.nat(2), fc.nat(4), fc.nat(120), fc.boolean());
    fc.assert(
      fc.property(fc.array(puts, { maxLength: 60 }), (all) => {
        const kept = new KeptBatches(100);
        for (const [batch, round, stage, bytes, isGet] of all) {
          if (isGet) kept.get(place(batch, 'r', round), stage);
          else kept.put(place(batch, 'r', round), stage, batchOf(bytes));
          expect(kept.bytes).toBeLessThanOrEqual(100);
          expect(kept.bytes).toBeGreaterThanOrEqual(0);
        }
      }),
      { seed: 20_261_130 },
    );
  });
});
