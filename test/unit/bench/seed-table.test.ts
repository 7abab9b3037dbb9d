import { expect, it } from 'vitest';
import { nodesTable, partsTable, type SeedPoint, secondsTable } from '../../../bench/seed-table.ts';
import { figuresOfSweep } from '../../../src/sweep/figures.ts';
import { newSweep } from '../../../src/sweep/sweep.ts';
import { resolveWorkload } from '../../../src/workloads/schemas.ts';
import { succeeded } from '../sweep/sample.ts';

const knn = resolveWorkload({ name: 'knn' });
const sweep = newSweep({
  ...{ sweepId: 's1', startedAt: 0, stage: 'local', request: { prefix: 'digits/' }, rounds: 2 },
  points: [
    { workload: knn, engine: 'dask', workers: 2 },
    { workload: knn, engine: 'ray', workers: 3 },
  ],
});
const times = (processing: number) => ({ times: { arm: 9000, boot: 0, engineStart: 0, processing } });
const figures = figuresOfSweep({
  ...sweep,
  measurements: [succeeded(0, 0, times(2000)), succeeded(0, 1, times(3000))],
}).points;
const phases = {
  ...{ provision: 700, coldStart: 5, load: 20, process: 50, write: 10, overhead: 15, teardown: 900 },
};
const overhead = {
  ...{ batch: 5, idleAtStart: 1, idleBetween: 2, idleAtEnd: 3, reduce: 2, betweenStages: 1, unmeasured: 1 },
};
const points: SeedPoint[] = figures.map((of, at) => ({
  figures: of,
  arms: at === 0 ? [{ phases, overhead }] : [],
}));

const cells = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );

it('sets the published seconds over ours, of a point without a run only those', () => {
  expect(cells(secondsTable(points))).toEqual([
    ['seconds', 'dask 2', 'ray 3'],
    ['---', '---:', '---:'],
    ['KNN, published', '3.78', '3.19'],
    ['KNN, here', '2.50 [2.00-3.00]', '–'],
  ]);
});

it('divides the time of the slots, without boot and teardown, into parts that add up to all of it', () => {
  const [, , first, second] = cells(partsTable(points));
  expect(first?.slice(3)).toEqual(['20.0 %', '50.0 %', '10.0 %', '10.0 %', '3.0 %', '7.0 %']);
  expect(second?.slice(3)).toEqual(Array(6).fill('–'));
});

it('has a row for each host', () => {
  const rows = cells(nodesTable(points)).slice(2);
  expect(rows.map(([of, node]) => `${of}: ${node}`)).toEqual([
    'knn, dask, 2: head',
    'knn, dask, 2: worker 1',
    'knn, dask, 2: worker 2',
  ]);
  expect(rows[1]).toContain('ALIVE');
});
