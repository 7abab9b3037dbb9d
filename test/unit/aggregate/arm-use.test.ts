import { expect, it } from 'vitest';
import { readsOfBatch, UseCounter } from '../../../src/aggregate/arm-use.ts';
import type { Batch } from '../../../src/contract/manifest.ts';
import type { Span } from '../../../src/contract/span.ts';
import { spanOf } from './fixture.ts';

const MIB = 1024 * 1024;
const span = (over: Partial<Span>) =>
  spanOf('fleet', 0, { queuedAt: 1000, startedAt: 1010, endedAt: 1150, ...over });
const member = (offset: number, size: number) => ({
  ...{ key: `${offset}.jpg`, size, etag: '"e"' },
  shard: { key: 'a.tar', offset },
});
const batchOf = (objects: Batch['objects']): Batch => ({ batch: 0, bytes: 0, objects });

it('adds up GETs, Express time in steps of 100 ms, and what is stored', () => {
  const use = new UseCounter();
  const loose = batchOf(['a', 'b', 'c'].map((key) => ({ key, size: 10, etag: '"e"' })));
  use.add(readsOfBatch(loose), span({ gets: 5, outputBytes: 70 }), 1000);
  // A Python worker does not count: members of a tar come together, up to 8 MiB.
  use.add(
    readsOfBatch(batchOf([member(512, 5 * MIB), member(5 * MIB + 1024, 2 * MIB), member(8 * MIB, 4 * MIB)])),
    span({}),
    500,
  );
  use.add(readsOfBatch(loose), span({}), 0);
  expect(use.totals()).toEqual({ gets: 5 + 2 + 3, expressMs: 3 * 200, storedBytes: 1570 });
});

it('takes no time that would be negative by two clocks', () => {
  const use = new UseCounter();
  use.add(0, span({ queuedAt: 2000, startedAt: 1900, endedAt: 1950, gets: 0 }), 0);
  expect(use.totals().expressMs).toBe(100);
});
