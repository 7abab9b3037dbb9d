import { describe, expect, it } from 'vitest';
import { parseSamples, type Sample, utilisationOf } from '../../../src/fleet/samples.ts';

const sample = (at: number, more: Partial<Sample> = {}): Sample => ({
  at,
  cpu: 1,
  cpus: 2,
  memoryBytes: 100,
  memoryLimitBytes: 1000,
  receivedBytes: at,
  sentBytes: 2 * at,
  ...more,
});
const seconds = (from: number, to: number, more: Partial<Sample> = {}) =>
  Array.from({ length: to - from }, (_, i) => sample((from + i + 1) * 1_000, more));

describe('parseSamples', () => {
  it('reads every line, in order of time', () => {
    const text = `${JSON.stringify(sample(2_000))}\n${JSON.stringify(sample(1_000))}\n`;
    expect(parseSamples(text).map(({ at }) => at)).toEqual([1_000, 2_000]);
  });

  it('leaves out what is no sample, such as a line that was cut', () => {
    const whole = JSON.stringify(sample(1_000));
    expect(parseSamples(`${whole.slice(9)}\n${whole}\n{"at":5}\n`)).toEqual([sample(1_000)]);
    expect(parseSamples('')).toEqual([]);
  });
});

describe('utilisationOf', () => {
  it('is of the time that is asked for and of nothing else', () => {
    const samples = [
      ...seconds(0, 10, { cpu: 0, memoryBytes: 900 }),
      ...seconds(10, 70, { cpu: 1.5 }),
      ...seconds(70, 80, { cpu: 0, memoryBytes: 900 }),
    ];
    expect(utilisationOf(samples, 10_000, 70_000)).toEqual({
      samples: 60,
      cpus: 2,
      cpuMean: 0.75,
      cpuPeak: 0.75,
      memoryPeakBytes: 100,
      memoryLimitBytes: 1000,
      receivedBytes: 60_000,
      sentBytes: 120_000,
      cpuOverTime: Array(60).fill(0.75),
      memoryOverTime: Array(60).fill(100),
    });
  });

  it('weighs a sample by the time that it is of', () => {
    const samples = [sample(1_000), sample(2_000, { cpu: 2 }), sample(5_000, { cpu: 0 })];
    expect(utilisationOf(samples, 1_000, 5_000)?.cpuMean).toBe(0.25);
  });

  it('has no figure for time without a sample', () => {
    const samples = [...seconds(0, 10), ...seconds(590, 600)];
    const found = utilisationOf(samples, 0, 600_000);
    expect(found).toMatchObject({ samples: 20, cpuMean: 0.5 });
    expect(found?.cpuOverTime).toEqual([0.5, ...Array(58).fill(null), 0.5]);
    expect(utilisationOf(samples, 700_000, 800_000)).toBeNull();
    expect(utilisationOf([], 0, 1_000)).toBeNull();
  });

  it('does not know the traffic of a host that shares its interfaces', () => {
    const samples = seconds(0, 5, { receivedBytes: null, sentBytes: null });
    expect(utilisationOf(samples, 0, 5_000)).toMatchObject({ receivedBytes: null, sentBytes: null });
  });

  it('is never more than all cores', () => {
    expect(utilisationOf(seconds(0, 5, { cpu: 2.02 }), 0, 5_000)).toMatchObject({ cpuMean: 1, cpuPeak: 1 });
  });
});
