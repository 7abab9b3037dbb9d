import { expect, it } from 'vitest';
import { besideProcessing, type KeptRun, keptTable } from '../../../bench/kept-table.ts';

const T = 1_769_860_800_000;
const run = (queue: number): KeptRun => ({
  startedAt: T,
  entered: new Map([
    ['Validate', T + 10],
    ['Plan', T + 30],
    ['Report', T + 1500 + queue],
  ]),
  armStartedAt: T + 60,
  armEndedAt: T + 1300 + queue,
  submittedAt: T + 100,
  takenAt: T + 100 + queue,
  firstBatchAt: T + 150 + queue,
  lastBatchAt: T + 1100 + queue,
  engineEndedAt: T + 1140 + queue,
  jobEndedAt: T + 1160 + queue,
  endedAt: T + 1600 + queue,
});

it('what is beside the processing is all before the job was taken and behind its last batch', () => {
  expect(besideProcessing(run(50))).toBe(650);
});

it('the steps of a run are all of its time; the first run is apart', () => {
  const rows = keptTable([{ engine: 'grpc', runs: [run(900), run(40), run(60), run(50)] }])
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const column = (number: number) => rows.map((row) => Number(row[number]));
  for (const [number, beside] of [
    [2, 1500],
    [3, 650],
  ] as const) {
    const ms = column(number);
    expect(ms.pop()).toBe(beside);
    // Less the second in which the job is done.
    expect(ms.reduce((sum, step) => sum + step, 0) - 1000).toBe(beside);
  }
});
