import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../src/tune/figures.ts';
import { failed, measured, tuneOf } from './sample.ts';

describe('figuresOf', () => {
  it('has medians with ranges, and both over the least of all points', () => {
    const { points, digestsEqual, failedRuns } = figuresOf(tuneOf());
    expect(points[0]).toMatchObject({
      ...{ memory: 512, succeeded: 2, coldStarts: 2, batches: 10 },
      seconds: { median: 8.08, min: 8, max: 8.16 },
    });
    expect(points.map(({ relativeTime }) => relativeTime?.toFixed(2))).toEqual([
      '4.00',
      '2.00',
      '1.20',
      '1.00',
    ]);
    expect(points[1]?.relativeCost).toBe(1);
    expect({ digestsEqual, failedRuns }).toEqual({ digestsEqual: true, failedRuns: 0 });
  });

  it.each([
    [0.99, 1024],
    [0.5, 1769],
    [0.01, 3538],
  ])('with the weight %d of cost takes %d MB', (weight, memory) => {
    expect(figuresOf(tuneOf({ weight })).winner?.memory).toBe(memory);
  });

  it('names points that may be as good, by the rounds', () => {
    expect(figuresOf(tuneOf()).near).toEqual([]);
    const slow = measured(1, 1, { figures: { wall: 5, cost: 0.0102, processing: null, cpu: null } });
    const { measurements } = tuneOf();
    const { winner, near } = figuresOf(tuneOf({ measurements: [...measurements, slow] }));
    expect(winner?.memory).toBe(1024);
    expect(near.map(({ memory }) => memory)).toEqual([512]);
  });

  it('lets no point win that was not measured in every round, and counts what failed', () => {
    const { measurements } = tuneOf();
    const figures = figuresOf(tuneOf({ measurements: [...measurements, failed(1, 1)] }));
    expect(figures.winner?.memory).toBe(512);
    expect(figures.failedRuns).toBe(1);
    expect(figures.points[1]).toMatchObject({ succeeded: 1, errors: [{ round: 1, code: 'Boom' }] });
  });

  it('has no winner where points or rounds had different kernels', () => {
    const { measurements } = tuneOf();
    const again = (over: object) =>
      figuresOf(tuneOf({ measurements: [...measurements, measured(1, 1, over)] }));
    const differing = again({ kernels: ['sharp'] });
    expect(differing).toMatchObject({ winner: null, near: [], oneKernel: false });
    expect(differing.points[1]?.kernels).toEqual(['native', 'sharp']);
    expect(again({ kernels: ['native', 'sharp'] }).winner).toBeNull();
    expect(again({ kernels: ['native'] })).toMatchObject({ winner: { memory: 1024 }, oneKernel: true });
    const portable = measurements.map((one) => ({ ...one, kernels: ['sharp'] }));
    expect(figuresOf(tuneOf({ measurements: portable })).winner?.memory).toBe(1024);
  });

  it('has no winner without measurements or bills, and tells answers that differ', () => {
    expect(figuresOf(tuneOf({ measurements: [] }))).toMatchObject({
      winner: null,
      near: [],
      digestsEqual: null,
    });
    const unbilled = { figures: { wall: 1, cost: null, processing: null, cpu: null } };
    expect(figuresOf(tuneOf({ measurements: [measured(0, 0, unbilled)] })).winner).toBeNull();
    const other = [measured(0, 0), measured(0, 1, { digest: 'b', failedItems: 3 })];
    expect(figuresOf(tuneOf({ measurements: other }))).toMatchObject({
      digestsEqual: false,
      failedItems: 3,
    });
  });
});
