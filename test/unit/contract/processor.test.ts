import { describe, expect, it } from 'vitest';
import { processorOf } from '../../../src/contract/processor.ts';
import { ownProcessor } from '../../../src/worker/own-processor.ts';
import cases from '../../fixtures/processors.json' with { type: 'json' };

describe('a processor', () => {
  it.each(cases)('is $expected.kind by what Linux tells', ({ architecture, cpuinfo, expected }) => {
    expect(processorOf(cpuinfo, architecture)).toEqual(expected);
  });

  it.runIf(process.platform === 'linux')('is known of this machine', () => {
    expect(ownProcessor()?.kind).toMatch(new RegExp(`^${process.arch} (avx|neon)`));
  });
});
