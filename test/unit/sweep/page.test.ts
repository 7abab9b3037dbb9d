import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { figuresOfSweep } from '../../../src/sweep/figures.ts';
import { sweepOrder } from '../../../src/sweep/order.ts';
import { sweepPage } from '../../../src/sweep/page.ts';
import { pointsOf } from '../../../src/sweep/point.ts';
import type { Sweep } from '../../../src/sweep/sweep.ts';
import { STATS, sampleSweep, succeeded, sweepOfEngines } from './sample.ts';

const pageOf = (sweep: Sweep) => sweepPage(sweep, figuresOfSweep(sweep));

describe('sweepPage', () => {
  it('says which point of each workload took the least, and whether the answers are one', () => {
    const page = pageOf(sweepOfEngines());
    expect(page).toContain(
      '<h1>Least processing time, by one run, so that noise was not measured: stats 1.0 s (grpc, 4 workers), normalise 15.0 s (grpc, 4 workers)</h1>',
    );
    expect(page).toContain('stats: all digests are equal (abababababab)');
    // So the tables, which are wide, need not.
    expect(page).not.toContain('data-name="digest"');
  });

  it('draws the speedup of every engine that was measured, with the ideal line, in words too', () => {
    const page = pageOf(sweepOfEngines());
    const [stats = ''] = /<svg class="chart".*?<\/svg>\s*<p class="x-title">/s.exec(page) ?? [];
    for (const engine of ['grpc', 'dask', 'spark', 'ray', 'ideal']) {
      expect(stats).toContain(`<path class="line s-${engine}"`);
    }
    expect(stats).not.toContain('s-daft');
    expect(stats).toContain('grpc, 4: 4.00x, efficiency 100.0 %, 1.0 s');
    expect(page.match(/<figure class="plot">/g)).toHaveLength(2);
  });

  it('draws an ideal line for each number of workers that engines begin with', () => {
    const workersOf = { dask: [1, 4], ray: [2, 4] };
    const points = pointsOf({ engines: ['dask', 'ray'], workloads: [STATS], workers: [], workersOf });
    const measurements = points.map((_, point) => succeeded(point, 0));
    const begun = { ...sampleSweep(), points, rounds: 1 };
    const sweep = { ...begun, order: sweepOrder(points.length, 1), measurements };
    const page = pageOf(sweep);
    expect(page).toContain('against the fewest workers of each engine');
    expect(page.match(/<path class="line s-ideal"/g)).toHaveLength(2);
    expect(page).toContain('ideal from 2');
    expect(pageOf(sweepOfEngines())).toContain('speedup of the processing, against one worker');
  });

  it('draws none where there is one worker count, nor where nothing was measured', () => {
    expect(pageOf(sampleSweep([succeeded(2, 0)]))).not.toContain('<figure');
    expect(pageOf(sampleSweep())).toContain('<h1>Nothing was measured.</h1>');
  });

  it('lists the nodes of each workload, open where they are few', () => {
    const few = pageOf(sampleSweep([succeeded(0, 0)]));
    expect(few).toContain('<details open><summary>CPU, memory and states of each node</summary>');
    expect(few).toContain('<td data-name="node">worker 2</td><td data-name="CPU, mean">60.0 %</td>');
    expect(pageOf(sweepOfEngines())).toContain('<details><summary>CPU, memory');
    expect(pageOf(sampleSweep())).not.toContain('<details');
  });

  it('ranks nothing where the answers differ, and names every failed run', () => {
    const differing = sampleSweep([succeeded(0, 0), succeeded(1, 0, { digest: 'cd'.repeat(32) })]);
    expect(pageOf(differing)).toContain('<h1>The answers differ: the times say nothing.</h1>');
    expect(pageOf(differing)).toContain('<td data-name="digest">cdcdcdcdcdcd</td>');
    expect(pageOf(sweepOfEngines())).toContain('daft, 2 workers, stats, round 1: NoWorkers:');
  });

  it('ranks nothing of a workload whose points measured with different kernels', () => {
    const sweep = sweepOfEngines();
    const measurements = sweep.measurements.map((one) => {
      const { engine, workload } = sweep.points[one.point] ?? {};
      const portable = engine === 'grpc' ? 'sharp' : 'pillow';
      return one.status === 'succeeded' && workload === STATS ? { ...one, kernels: [portable] } : one;
    });
    const page = pageOf({ ...sweep, measurements });
    expect(page).toContain(
      '<h1>Least processing time, by one run, so that noise was not measured: normalise 15.0 s (grpc, 4 workers). Not ranked, since different kernels measured: stats (grpc with sharp; dask, spark, ray with pillow)</h1>',
    );
    expect(page).toContain('<li class="bad">stats: DIFFERENT KERNELS');
    expect(pageOf(sweep)).toContain('<li class="plain">stats: every point measured with native; normalise:');
  });

  it('escapes what it was given, and is well-formed', () => {
    const page = pageOf(sweepOfEngines());
    expect(page).not.toContain('photos/<b>');
    const [main = ''] = /<main>.*<\/main>/s.exec(page) ?? [];
    expect(XMLValidator.validate(main)).toBe(true);
  });
});
