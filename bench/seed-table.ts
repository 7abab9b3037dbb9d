import type { ArmRound } from '../src/aggregate/run-facts.ts';
import { duration, percent, ratio, UNKNOWN } from '../src/format.ts';
import { markdownTable } from '../src/markdown-table.ts';
import { median } from '../src/statistics/median.ts';
import type { PointFigures } from '../src/sweep/figures.ts';
import { NODE_COLUMNS, nodesOfPoints, range } from '../src/sweep/table.ts';

/** The parts of a run that tell where its time went. */
export type ArmTimes = Pick<ArmRound, 'phases' | 'overhead'>;

/** A point of the sweep, with the arms of its runs that succeeded. */
export type SeedPoint = { readonly figures: PointFigures; readonly arms: readonly ArmTimes[] };

/** What the published comparison ran, by our workloads, and its seconds by engine and workers. */
export const PUBLISHED = {
  knn: {
    title: 'KNN',
    seconds: { dask: { 2: 3.78, 4: 2.73, 6: 2.69 }, ray: { 2: 3.25, 3: 3.19, 4: 3.42 } },
  },
  cnn: {
    title: 'ResNet-18',
    seconds: { dask: { 2: 15.6, 4: 13.2, 6: 13.1 }, ray: { 2: 30.6, 3: 25.7, 4: 13.1 } },
  },
} as const;
export type PublishedWorkload = keyof typeof PUBLISHED;

/** What slots of the workers did while there was work, and of which times it is made. */
const PARTS: readonly (readonly [string, (arm: ArmTimes) => number | undefined])[] = [
  ['waiting for GETs', ({ phases }) => phases?.load],
  ['computing', ({ phases }) => phases?.process],
  ['waiting for PUTs', ({ phases }) => phases?.write],
  ['other in batches', ({ phases, overhead }) => sum([phases?.coldStart, overhead?.batch])],
  ['reduce and between stages', ({ overhead }) => sum([overhead?.reduce, overhead?.betweenStages])],
  [
    'idle',
    ({ overhead }) =>
      sum([overhead?.idleAtStart, overhead?.idleBetween, overhead?.idleAtEnd, overhead?.unmeasured]),
  ],
];

/** Seconds of the published comparison, and ours of the same engine and number of workers: the processing. */
export function secondsTable(points: readonly SeedPoint[]): string {
  const columns = Map.groupBy(points, ({ figures }) => `${figures.engine} ${figures.workers}`);
  const workloads = Map.groupBy(points, ({ figures }) => figures.workload.name);
  const rows = [...workloads.keys()].flatMap((name) => {
    const published = Object.entries(PUBLISHED).find(([own]) => own === name)?.[1];
    const ofWorkload = [...columns.values()].map((own) =>
      own.find(({ figures }) => figures.workload.name === name),
    );
    const theirs = ofWorkload.map((point) => publishedSeconds(published?.seconds, point?.figures));
    return [
      [`${published?.title ?? name}, published`, ...theirs.map((seconds) => seconds?.toString() ?? UNKNOWN)],
      [
        `${published?.title ?? name}, here`,
        ...ofWorkload.map((point) => range(point?.figures.processing ?? null, seconds)),
      ],
    ];
  });
  return markdownTable(['seconds', ...columns.keys()], rows);
}

/** Medians over the runs of what part of the time of the workers' slots went where, from the first batch to the end of the last one. */
export function partsTable(points: readonly SeedPoint[]): string {
  const rows = points.map(({ figures, arms }) => [
    titleOf(figures),
    range(figures.processing, duration),
    ratio(figures.scaling?.speedup ?? null),
    ...PARTS.map(([, part]) => {
      const shares = arms.map((arm) => (part(arm) ?? Number.NaN) / within(arm));
      return shares.length === 0 ? UNKNOWN : percent(median(shares));
    }),
  ]);
  return markdownTable(['', 'processing', 'speedup', ...PARTS.map(([title]) => title)], rows);
}

/** What each host used, and the states that the engine told. */
export function nodesTable(points: readonly SeedPoint[]): string {
  const columns = NODE_COLUMNS.slice(NODE_COLUMNS.findIndex(([title]) => title === 'node'));
  const rows = nodesOfPoints(points.map(({ figures }) => figures)).map((of) => [
    titleOf(of.point),
    ...columns.map(([, cell]) => cell(of)),
  ]);
  return markdownTable(['', ...columns.map(([title]) => title)], rows);
}

function within(arm: ArmTimes): number {
  return sum(PARTS.map(([, part]) => part(arm)));
}

function publishedSeconds(
  seconds: Readonly<Record<string, Readonly<Record<number, number>>>> | undefined,
  point: PointFigures | undefined,
): number | undefined {
  return point === undefined ? undefined : seconds?.[point.engine]?.[point.workers];
}

function titleOf({ workload, engine, workers }: PointFigures): string {
  return `${workload.name}, ${engine}, ${workers}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
