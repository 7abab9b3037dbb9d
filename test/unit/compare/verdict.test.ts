import { describe, expect, it } from 'vitest';
import { comparisonSchema } from '../../../src/compare/comparison.ts';
import type { Succeeded } from '../../../src/compare/measurement.ts';
import { failed, measurements, sampleComparison, succeeded, withAll, withOne } from './sample.ts';

describe('the verdict', () => {
  it.each([
    [1.3, 'A faster'],
    [0.7, 'B faster'],
    [1, 'no difference shown'],
  ])('of B at %d times the time of A is: %s', (ratio, verdict) => {
    const judged = withAll(sampleComparison(), measurements(ratio));
    expect(judged).toMatchObject({ verdict, obstacle: null });
    expect(judged.ratio?.value).toBeCloseTo(ratio, 1);
    expect(judged.pairs).toHaveLength(7);
    expect(judged.medians?.a).toEqual({ value: 10.3, low: 10, high: 10.6 });
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(judged)))).toEqual(judged);
  });

  it('is the same each time', () => {
    const twice = [1, 2].map(() => withAll(sampleComparison(), measurements(1.1)));
    expect(twice[0]).toEqual(twice[1]);
  });

  it('is by the metric that was asked for', () => {
    const cheaper = (one: Succeeded) => ({
      ...one,
      figures: { ...one.figures, cost: one.point === 0 ? 0.002 : 0.001 + one.round / 1e6 },
    });
    const judged = withAll(sampleComparison({ metric: 'cost' }), measurements(1.3, cheaper));
    expect(judged).toMatchObject({ verdict: 'B faster', medians: { a: { value: 0.002 } } });
  });

  it('leaves out what is below the least that counts', () => {
    expect(withAll(sampleComparison(), measurements(1.3))).toMatchObject({ verdict: 'A faster' });
    const least = withAll(sampleComparison({ minimumEffect: 0.4 }), measurements(1.3));
    expect(least.verdict).toBe('no difference shown');
    expect(least.reasons).toEqual([expect.stringContaining('they are alike')]);
  });

  it('says that too few pairs can show nothing', () => {
    const five = withAll(
      sampleComparison({ rounds: 5 }),
      measurements(9).filter(({ round }) => round < 5),
    );
    expect(five.verdict).toBe('no difference shown');
    expect(five.reasons[0]).toContain('it takes 6');
  });

  it.each<[string, Partial<Succeeded>, string]>([
    ['another workload', { workload: 'mean' }, 'workload'],
    ['another image', { items: 101 }, 'items'],
    ['other bytes', { bytes: 9_000_001 }, 'items'],
    ['a failed image', { failedItems: 1, digest: 'cd'.repeat(32) }, 'failed items'],
    ['another answer', { digest: 'cd'.repeat(32) }, 'digest'],
    ['another kernel', { kernels: ['pillow'] }, 'kernel'],
    ['several kernels', { kernels: ['native', 'pillow'] }, 'kernel'],
    ['a kernel that nothing tells of', { kernels: [] }, 'kernel'],
    ['a run beside it', { besides: ['run-x'] }, 'contention'],
    ['no figure', { figures: { wall: null, processing: null, cpu: null, cost: null } }, 'figure missing'],
  ])('is none where one run has %s', (_, changes, obstacle) => {
    const judged = withOne(1, 3, changes);
    expect(judged).toMatchObject({
      ...{ verdict: 'not comparable', obstacle },
      ...{ pairs: [], medians: null, ratio: null, pValue: null },
    });
    expect(judged.reasons[0]).toContain('B in round 4 (serverless,memory=3538)');
  });

  it('is none where the sides had different kernels, and says how to have one', () => {
    const portable = (one: Succeeded) => ({ ...one, kernels: [one.point === 0 ? 'sharp' : 'pillow'] });
    const judged = withAll(sampleComparison(), measurements(1.3, portable));
    expect(judged).toMatchObject({ verdict: 'not comparable', obstacle: 'kernel' });
    expect(judged.reasons[0]).toMatch(
      /^A in round 1 \(serverless,memory=1769\) measured with sharp, B in round 1 .* with pillow: different kernels/,
    );
    expect(judged.reasons[0]).toContain('`--kernel native`');
  });

  it('is none where images were left to kernels of two languages, and does not advise the native one', () => {
    const left = (one: Succeeded) => ({
      ...one,
      kernels: [`native+${one.point === 0 ? 'sharp' : 'pillow'}`],
    });
    const { obstacle, reasons } = withAll(sampleComparison(), measurements(1.3, left));
    expect(obstacle).toBe('kernel');
    expect(reasons[0]).toContain('functions and engine grpc share that one');
    expect(reasons[0]).not.toContain('--kernel native');
  });

  it('is one by whichever kernel, where it was the same in every run', () => {
    const portable = (one: Succeeded) => ({ ...one, kernels: ['pillow'] });
    expect(withAll(sampleComparison(), measurements(1.3, portable)).verdict).toBe('A faster');
  });

  it('is none where all runs had several kernels, the same ones', () => {
    const mixed = (one: Succeeded) => ({ ...one, kernels: ['native', 'pillow'] });
    const judged = withAll(sampleComparison(), measurements(1.3, mixed));
    expect(judged.obstacle).toBe('kernel');
    expect(judged.reasons[0]).toContain(
      'A in round 1 (serverless,memory=1769) measured with native and pillow:',
    );
  });

  it('is none where a run failed, unless it was made again', () => {
    const once = withAll(sampleComparison(), [...measurements(1.3).slice(0, -1), failed(0, 6)]);
    expect(once).toMatchObject({ verdict: 'not comparable', obstacle: 'failed run' });
    expect(withAll(once, measurements(1.3).slice(-2)).verdict).toBe('A faster');
  });

  it('is none before the last run', () => {
    const judged = withAll(sampleComparison(), measurements(1.3).slice(0, -1));
    expect(judged).toMatchObject({
      obstacle: 'not finished',
      reasons: [expect.stringContaining('13 of 14')],
    });
  });

  it('is none where no image could be measured, and one where the same ones failed in all runs', () => {
    const withFailed = (failedItems: number) =>
      withAll(
        sampleComparison(),
        measurements(1.3, (one) => ({ ...one, failedItems })),
      );
    expect(withFailed(100)).toMatchObject({ obstacle: 'failed items' });
    expect(withFailed(3).verdict).toBe('A faster');
    expect(withFailed(3).reasons.join()).toContain('3 images of 100 failed, the same in every run');
  });

  it('may have other batches, and says so', () => {
    const judged = withAll(
      sampleComparison(),
      measurements(1.3, (one) => ({ ...one, batches: one.point === 0 ? 8 : 4 })),
    );
    expect(judged.verdict).toBe('A faster');
    expect(judged.reasons.join()).toContain('8 batches for A and 4 for B');
  });

  it.each([
    ['warm', 2, 'had cold starts, although all were to be warm'],
    ['fresh', 0, 'had no cold start, although all were to be fresh'],
  ] as const)('says which runs were not %s', (state, coldStarts, said) => {
    const change = (one: Succeeded) =>
      one.point === 1 && one.round < 2 ? { ...one, coldStarts } : { ...one, coldStarts: 2 - coldStarts };
    const judged = withAll(sampleComparison({ state }), measurements(1, change));
    expect(judged.reasons.slice(1)).toEqual([`2 of 7 runs of B ${said}.`]);
  });
});

describe('the null test', () => {
  it('is A against A in the same rounds, judged by the same rule', () => {
    const nulls = [2, 4].flatMap((point) =>
      measurements(point === 2 ? 1 : 1.5).map((one) => ({ ...one, point: one.point + point })),
    );
    const judged = withAll(sampleComparison({ nullComparisons: 2 }), [...measurements(1.3), ...nulls]);
    expect(judged).toMatchObject({ verdict: 'A faster', nullTest: { comparisons: 2, calledDifferent: 1 } });
    expect(judged.nullTest?.ratios.map((ratio) => Number(ratio.toFixed(1)))).toEqual([1, 1.5]);
  });

  it('is not there where it was not asked for', () => {
    expect(withAll(sampleComparison(), measurements(1)).nullTest).toBeNull();
  });

  it('must have the answer of the others too', () => {
    const digest = 'ee'.repeat(32);
    const runs = [...measurements(1), ...measurements(1).map((one) => ({ ...one, point: one.point + 2 }))];
    const judged = withAll(sampleComparison({ nullComparisons: 1 }), [
      ...runs,
      succeeded(3, 6, 10, { digest }),
    ]);
    expect(judged).toMatchObject({ obstacle: 'digest' });
  });
});
