import { describe, expect, it } from 'vitest';
import { waitedForStart } from '../../../src/grpc/worker/batch-work.ts';

describe('the cold start of a first batch', () => {
  const start = { readyAt: 61_000, tookMs: 700 };

  it('is what the process took that it waited for', () => {
    expect(waitedForStart(start, 60_000)).toBe(700);
  });

  it('is none where the process was ready before', () => {
    expect([61_000, 90_000].map((queuedAt) => waitedForStart(start, queuedAt))).toEqual([0, 0]);
  });
});
