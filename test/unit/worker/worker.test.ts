import { describe, expect, it } from 'vitest';
import { workerLimits } from '../../../functions/process.ts';

describe('workerLimits', () => {
  it.each([
    [512, 2],
    [1769, 2],
    [3538, 4],
    [10_240, 12],
  ])('of %i MB: %i decodes at once, and far less bytes than there are', (memory, decodes) => {
    const limits = workerLimits(memory);
    expect(limits.decodes).toBe(decodes);
    expect(limits.encodedBytes + limits.decodedBytes).toBeLessThan(memory * 1024 * 1024 * 0.5);
  });

  it('fetches ahead by the cores, not by the memory, that there are', () => {
    const ahead = [512, 1024, 1769].map((memory) => workerLimits(memory).encodedBytes);
    expect(new Set(ahead).size).toBe(1);
    expect(workerLimits(3538).encodedBytes).toBe(2 * workerLimits(1769).encodedBytes);
    expect(workerLimits(64).encodedBytes).toBe(8 * 1024 * 1024);
  });
});
