import { describe, expect, it } from 'vitest';
import { newRunId } from '../../../src/run/start.ts';

describe('newRunId', () => {
  it('sorts by time and names an execution', () => {
    const first = newRunId(new Date('2026-11-21T09:30:59.999Z'));
    const second = newRunId(new Date('2026-11-21T09:31:00.000Z'));
    expect(first).toMatch(/^20261121T093059-[0-9a-f]{6}$/);
    expect(first < second).toBe(true);
  });

  it('differs between two runs of the same second', () => {
    const now = new Date();
    expect(new Set(Array.from({ length: 20 }, () => newRunId(now))).size).toBeGreaterThan(18);
  });
});
