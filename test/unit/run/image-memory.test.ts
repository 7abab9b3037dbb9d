import { describe, expect, it } from 'vitest';
import {
  imageMemoryOfFunction,
  imageMemoryOfHost,
  resolveImageMemory,
} from '../../../src/run/image-memory.ts';

describe('resolveImageMemory', () => {
  it('is three quarters of what a process has beside itself', () => {
    expect(imageMemoryOfFunction(512)).toBe(288);
    expect(imageMemoryOfFunction(1769)).toBe(1230);
    // 4 GiB and two vCPUs: 1.5 GiB for each, less 128 MiB.
    expect(imageMemoryOfHost('t3.medium')).toBe(1056);
    expect(imageMemoryOfHost('m7g.large')).toBe(2592);
  });

  it('promises a little of a host that is too small, and of an unknown type what the leanest family has', () => {
    expect(imageMemoryOfHost('t3.micro')).toBe(64);
    expect(imageMemoryOfHost('zz9.large')).toBe(imageMemoryOfHost('t3.medium'));
  });

  it('is what the least of all workers has', () => {
    const instanceTypes = ['m7g.large', 't3.medium'];
    expect(resolveImageMemory(undefined, { memory: 1769, instanceTypes })).toBe(1056);
    expect(resolveImageMemory(undefined, { memory: 512, instanceTypes })).toBe(288);
    expect(resolveImageMemory(undefined, { memory: null, instanceTypes: ['m7g.large'] })).toBe(2592);
    expect(resolveImageMemory(undefined, { memory: 10_240, instanceTypes: [] })).toBe(7584);
  });

  it('is less where less is asked for, and never more', () => {
    const workers = { memory: 512, instanceTypes: ['t3.medium'] };
    expect(resolveImageMemory(100, workers)).toBe(100);
    expect(() => resolveImageMemory(289, workers)).toThrow(
      /Expected at most 288, since workers have no more .* for `imageMemory` but received 289/,
    );
  });
});
