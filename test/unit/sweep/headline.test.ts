import { describe, expect, it } from 'vitest';
import { figuresOfSweep } from '../../../src/sweep/figures.ts';
import { headlineOf } from '../../../src/sweep/headline.ts';
import { sweepOrder } from '../../../src/sweep/order.ts';
import { pointsOf } from '../../../src/sweep/point.ts';
import { STATS, sampleSweep, succeeded } from './sample.ts';

const ENGINES = ['grpc', 'dask', 'ray', 'spark', 'daft'] as const;

/** The headline of points with one worker whose runs took so many seconds: of each engine in turn those of a point. */
function headline(...seconds: readonly (readonly number[])[]): string {
  const engines = ENGINES.slice(0, seconds.length);
  const points = pointsOf({ engines, workloads: [STATS], workers: [1] });
  const rounds = Math.max(...seconds.map(({ length }) => length));
  const measurements = seconds.flatMap((runs, point) =>
    runs.map((run, round) => {
      const times = { arm: 20_000, boot: 8_000, engineStart: 500, processing: 1000 * run };
      return succeeded(point, round, { times });
    }),
  );
  const order = sweepOrder(points.length, rounds);
  return headlineOf(figuresOfSweep({ ...sampleSweep(), points, rounds, order, measurements }));
}

describe('the headline of a sweep', () => {
  it('names the fastest point where each of its runs took less than any of another one', () => {
    expect(headline([8, 9], [3, 5], [6, 7])).toBe('Fastest processing: stats 4.0 s (dask, 1 worker)');
    expect(headline([3, 5])).toBe('Fastest processing: stats 4.0 s (grpc, 1 worker)');
  });

  it('names none where the ranges of runs overlap', () => {
    expect(headline([8, 9], [3, 5], [5, 7])).toBe(
      'Not ranked, since the ranges of runs overlap: stats (dask, 1 worker 4.0 s [3.0 s-5.0 s]; ray, 1 worker 6.0 s [5.0 s-7.0 s])',
    );
    const runs = [4, 6];
    expect(headline(runs, runs, runs, runs, runs)).toMatch(/ray, 1 worker 5\.0 s \[.*\]; 2 more\)$/);
  });

  it('says so where the fastest, or the next, has one run only', () => {
    const once = 'Least processing time, by one run, so that noise was not measured: stats ';
    expect(headline([8], [4])).toBe(`${once}4.0 s (dask, 1 worker)`);
    expect(headline([8, 9], [4])).toBe(`${once}4.0 s (dask, 1 worker)`);
    expect(headline([8], [4, 5])).toBe(`${once}4.5 s (dask, 1 worker)`);
    expect(headline([8], [4, 5], [6, 7])).toBe('Fastest processing: stats 4.5 s (dask, 1 worker)');
  });
});
