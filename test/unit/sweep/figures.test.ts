import { describe, expect, it } from 'vitest';
import { figuresOfSweep } from '../../../src/sweep/figures.ts';
import { renderSweep } from '../../../src/sweep/markdown.ts';
import type { Measurement } from '../../../src/sweep/measurement.ts';
import { failed, node, sampleSweep, succeeded } from './sample.ts';

const took = (processing: number) => ({
  times: { arm: 2 * processing, boot: 1, engineStart: 2, processing },
});
const figures = (...measurements: Measurement[]) => figuresOfSweep(sampleSweep(measurements));
const page = (...measurements: Measurement[]) => {
  const sweep = sampleSweep(measurements);
  return renderSweep(sweep, figuresOfSweep(sweep));
};

describe('figuresOfSweep', () => {
  it('has medians and ranges, and scaling by the medians of the processing', () => {
    const { points } = figures(
      succeeded(0, 0, took(900)),
      succeeded(0, 1, took(1100)),
      succeeded(1, 0, took(600)),
      succeeded(1, 1, took(650)),
    );
    expect(points[0]).toMatchObject({
      processing: { median: 1000, min: 900, max: 1100 },
      arm: { median: 2000, min: 1800, max: 2200 },
      scaling: { speedup: 1, efficiency: 1, serialFraction: null },
    });
    expect(points[1]?.scaling).toEqual({
      speedup: 1.6,
      efficiency: 0.8,
      serialFraction: expect.closeTo(0.25),
    });
    expect(points[2]).toMatchObject({ succeeded: 0, arm: null, scaling: null, digest: null });
  });

  it('takes the fewest workers that were measured as the base, of the same workload', () => {
    const { points } = figures(failed(0, 0), succeeded(1, 0, took(600)), succeeded(2, 0, took(5000)));
    expect(points[1]?.scaling?.speedup).toBe(1);
    expect(points[2]?.scaling?.speedup).toBe(1);
    expect(points[0]).toMatchObject({ scaling: null, errors: [{ round: 0, code: 'NoWorkers' }] });
  });

  it('compares the digests of each workload with each other only', () => {
    const other = { digest: 'cd'.repeat(32) };
    expect(figures(succeeded(0, 0), succeeded(1, 0), succeeded(2, 0, other))).toMatchObject({
      digestsEqual: true,
      agreements: [
        { workload: 'stats', equal: true },
        { workload: 'normalise', equal: true },
      ],
    });
    expect(figures(succeeded(0, 0), succeeded(1, 1, other))).toMatchObject({
      digestsEqual: false,
      agreements: [
        { workload: 'stats', equal: false },
        { workload: 'normalise', equal: null },
      ],
    });
    expect(figures(succeeded(0, 0), succeeded(0, 1, other)).points[0]?.digest).toBeNull();
    expect(figures().digestsEqual).toBeNull();
  });

  it('has no scaling between points of different kernels, nor of a point with several', () => {
    const pillow = { kernels: ['pillow'] };
    const differing = figures(succeeded(0, 0, took(900)), succeeded(1, 0, { ...took(600), ...pillow }));
    expect(differing.points.map(({ scaling }) => scaling?.speedup)).toEqual([1, undefined, undefined]);
    expect(differing.agreements).toMatchObject([{ oneKernel: false }, { oneKernel: null }]);
    const several = figures(succeeded(0, 0), succeeded(0, 1, pillow));
    expect(several.points[0]).toMatchObject({ kernels: ['native', 'pillow'], scaling: null });
    expect(figures(succeeded(0, 0, pillow), succeeded(2, 0)).agreements).toMatchObject([
      { oneKernel: true },
      { oneKernel: true },
    ]);
  });

  it('counts the runs that failed last, and not those that were made again', () => {
    expect(figures(failed(0, 0), failed(1, 0), succeeded(1, 0)).failedRuns).toBe(1);
  });

  it.each([
    ['within the machine', 2, 2, true],
    ['beyond it', 2.5, 2, false],
    ['on machines of their own', 8, null, null],
  ])('says whether the quotas of the largest fleet are %s', (_, all, machine, fits) => {
    const small = succeeded(0, 0, { processors: { workers: 0.5, all: 1, machine } });
    const large = succeeded(1, 0, { processors: { workers: 1, all, machine } });
    expect(figures(large, small).fits).toBe(fits);
  });
});

describe('renderSweep', () => {
  it('is a table with one row per point, all lines of one length', () => {
    const rows = page(succeeded(0, 0, took(900)), succeeded(0, 1, took(1100)), succeeded(1, 0, took(500)))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(2 + 3 + 2 + 6);
    expect(new Set(rows.slice(0, 5).map(({ length }) => length)).size).toBe(1);
    expect(new Set(rows.slice(5).map(({ length }) => length)).size).toBe(1);
    expect(rows[2]).toContain('| 1.0 s [900 ms-1.1 s] |');
    expect(rows[3]).toMatch(/\| +2\.00x \| +1\.00 \| +0\.00 \|/);
  });

  it('shows a failed run with its error, in its round', () => {
    expect(page(succeeded(0, 0), failed(1, 1))).toContain(
      '- daft, 2 workers, stats, round 2: NoWorkers: Expected 2 workers but none joined.',
    );
  });

  it('writes down the order of the runs', () => {
    expect(page()).toContain(
      '1. daft, 1 worker, stats; daft, 2 workers, stats; daft, 1 worker, normalise\n' +
        '2. daft, 1 worker, normalise; daft, 2 workers, stats; daft, 1 worker, stats\n',
    );
  });

  it('shows the use and the states of the workers, and of each node', () => {
    const dying = [
      node({ role: 'head', states: [] }),
      node(),
      node({ states: ['ALIVE', 'DEAD'], cpuMean: null }),
    ];
    const text = page(succeeded(0, 0), succeeded(0, 1, { nodes: dying }), succeeded(2, 0, { nodes: [] }));
    const [first, , last] = text
      .split('\n')
      .filter((line) => line.startsWith('| stats') || line.startsWith('| normalise'));
    expect(first).toContain(
      '| 60.0 % [50.0 %-70.0 %] | 250 MiB [200 MiB-300 MiB] | 2 ALIVE; or 1 ALIVE, 1 DEAD |',
    );
    expect(last).toMatch(/\| +– \| +– \| +– \|/);
    const nodes = text
      .slice(text.indexOf('## Nodes'))
      .split('\n')
      .filter((line) => line.startsWith('| stats'));
    expect(nodes).toHaveLength(3);
    expect(nodes[0]).toMatch(/\| +head \| +37\.5 % \[25\.0 %-50\.0 %\] \| .* 1\.00 GiB \| +– \|$/);
    expect(nodes[2]).toMatch(/\| +worker 2 \| +60\.0 % \| .* ALIVE; or ALIVE > DEAD \|$/);
  });

  it('says how many nodes are not shown', () => {
    const nodes = [node({ role: 'head', states: [] }), ...Array.from({ length: 20 }, () => node())];
    const text = page(succeeded(0, 0, { nodes }));
    expect(text.match(/\| +worker \d+ \|/g)).toHaveLength(16);
    expect(text).toContain('Not shown: 4 nodes; sweep.json has them.');
  });

  it('cries out where digests differ', () => {
    expect(page(succeeded(0, 0), succeeded(1, 0, { digest: 'cd'.repeat(32) }))).toContain(
      'stats: THE DIGESTS DIFFER (abababababab, cdcdcdcdcdcd)',
    );
  });

  it('names the kernel of all points, or cries out where they differ and says what to do', () => {
    expect(page(succeeded(0, 0), succeeded(1, 0))).toContain('stats: every point measured with native.');
    const differing = page(succeeded(0, 0), succeeded(1, 0, { kernels: ['native', 'pillow'] }));
    expect(differing).toContain('stats: DIFFERENT KERNELS (daft with native; daft with native and pillow)');
    expect(differing).toContain(
      'not ranked with those of another. `--kernel native` is one program everywhere',
    );
    expect(differing).toMatch(/\| daft +\| +2 \| native, pillow \|/);
  });

  it.each([
    [1.75, 'may use 1.75 processors together, and this machine has 2: every worker had its own share'],
    [6, 'WARNING: The hosts of the largest fleet may use 6 processors together, and this machine has 2'],
  ])('says what %d processors of a machine with 2 mean', (all, words) => {
    expect(page(succeeded(0, 0, { processors: { workers: 1, all, machine: 2 } }))).toContain(words);
  });
});
