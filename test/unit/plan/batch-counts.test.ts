import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedBatches, minBatchesFor } from '../../../src/plan/batch-counts.ts';
import { cutBatches } from '../../../src/plan/cut.ts';

const few = { concurrency: 2, workers: 1, bytesPerItem: 110_000 };

describe('expectedBatches', () => {
  it('counts by images, by bytes, by the size of the JSON, and so that all workers have some', () => {
    expect(expectedBatches({ ...few, items: 1000, batchSize: 100 })).toBe(10);
    // 64 MiB are 67 images of 1 MB.
    expect(expectedBatches({ ...few, items: 670, batchSize: 100, bytesPerItem: 1e6 })).toBe(10);
    expect(expectedBatches({ ...few, items: 13_650, batchSize: 10_000, bytesPerItem: 100 })).toBe(10);
    expect(expectedBatches({ ...few, items: 250, batchSize: 100 })).toBe(8);
    const many = { ...few, concurrency: 1000, batchSize: 100 };
    expect(expectedBatches({ ...many, items: 50 })).toBe(50);
    expect(expectedBatches({ ...many, items: 1000 })).toBe(200);
  });

  it('says what the planner does with images of one size', async () => {
    const sets = fc.record({
      items: fc.integer({ min: 1, max: 3000 }),
      bytesPerItem: fc.integer({ min: 1, max: 100_000_000 }),
      batchSize: fc.integer({ min: 1, max: 1000 }),
      workers: fc.integer({ min: 1, max: 60 }),
      concurrency: fc.integer({ min: 1, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(sets, async (set) => {
        const objects = Array.from({ length: set.items }, (_, index) => ({
          key: `${String(index).padStart(5, '0')}.jpg`,
          size: set.bytesPerItem,
          etag: `"${'0'.repeat(32)}"`,
        }));
        const options = { batchSize: set.batchSize, minBatches: minBatchesFor(set) };
        const batches = await Array.fromAsync(cutBatches([objects], options));
        expect(expectedBatches(set)).toBe(batches.length);
      }),
      { numRuns: 100 },
    );
  });
});
