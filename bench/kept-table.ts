import { markdownTable } from '../src/markdown-table.ts';
import { spread } from '../src/statistics/median.ts';

/** One run on a kept fleet. Times are epoch milliseconds. */
export type KeptRun = {
  readonly startedAt: number;
  readonly endedAt: number;
  /** States of the state machine, when each was entered. */
  readonly entered: ReadonlyMap<string, number>;
  /** From LaunchFleet to the end of TerminateFleet. */
  readonly armStartedAt: number;
  readonly armEndedAt: number;
  /** Of its job: when it was put into the queue, taken, done by the engine, and over. */
  readonly submittedAt: number;
  readonly takenAt: number;
  readonly engineEndedAt: number;
  readonly jobEndedAt: number;
  /** First start and last end of its batches. */
  readonly firstBatchAt: number;
  readonly lastBatchAt: number;
};

/** The runs of an engine, in their order. */
export type KeptRuns = { readonly engine: string; readonly runs: readonly KeptRun[] };

type Mark = readonly [step: string, until: (run: KeptRun) => number];

const state =
  (name: string) =>
  ({ entered }: KeptRun) =>
    entered.get(name) ?? Number.NaN;

/** All steps from the start to the end, each with what it ends with. */
const MARKS: readonly Mark[] = [
  ['the execution begins', state('Validate')],
  ['Validate', state('Plan')],
  ['Plan', (run) => run.armStartedAt],
  ['LaunchFleet, until the job is in the queue', (run) => run.submittedAt],
  ['the queue, until the head takes it', (run) => run.takenAt],
  ['the engine, until the first batch begins', (run) => run.firstBatchAt],
  ['the batches', (run) => run.lastBatchAt],
  ['the engine, until it says so', (run) => run.engineEndedAt],
  ['what the head tells of the job', (run) => run.jobEndedAt],
  ['its answer, and TerminateFleet', (run) => run.armEndedAt],
  ['Aggregate', state('Report')],
  ['Report', (run) => run.endedAt],
];

/** What of a run is not processing, which is what the report calls so: from when the job was taken to its last batch. */
export function besideProcessing(run: KeptRun): number {
  return run.endedAt - run.startedAt - (run.lastBatchAt - run.takenAt);
}

/** Milliseconds of each step, of each engine those of the first run, and medians of the others. */
export function keptTable(all: readonly KeptRuns[]): string {
  const columns = all.flatMap(({ engine, runs }) => [
    { title: `${engine}, first run`, runs: runs.slice(0, 1) },
    { title: engine, runs: runs.slice(1) },
  ]);
  const row = (title: string, of: (run: KeptRun) => number) => [
    title,
    ...columns.map(({ runs }) => spread(runs.map(of)).median.toFixed(0)),
  ];
  const steps = MARKS.map(([step, until], index) =>
    row(step, (run) => until(run) - (MARKS[index - 1]?.[1](run) ?? run.startedAt)),
  );
  return markdownTable(
    ['step', ...columns.map(({ title }) => title)],
    [...steps, row('**beside the processing**', besideProcessing)],
  );
}
