import { expect, it } from 'vitest';
import { readTasks } from '../../../src/grpc/task.ts';
import { readOut } from '../../../src/grpc/worker/batch-work.ts';

const task = {
  manifest: 's3://runs/m.json',
  out: 's3://runs/runs/r/fleet/round-2/',
  bucket: 'data',
  operation: 'max',
  normalisation: null,
  image_memory: 288,
  round: 2,
  batch: 1,
  offset: 2,
  length: 30,
  queued_at: 1.5,
  requester_pays: true,
  depth: 'native',
  kernel: 'portable',
};
const lines = (...tasks: unknown[]) => tasks.map((each) => `${JSON.stringify(each)}\n`).join('');

it('tasks are one job and the places of its batches', () => {
  const { job, places } = readTasks(lines(task, { ...task, batch: 2, offset: 5_000_000_000 }));
  expect(job).toMatchObject({
    out: task.out,
    operation: 'max',
    normalisation: 'null',
    imageMemory: 288,
    round: 2,
    requesterPays: true,
    depth: 'native',
    kernel: 'portable',
  });
  expect(places.map(({ batch, offset, length }) => [batch, offset, length])).toEqual([
    [1, 2n, 30],
    [2, 5_000_000_000n, 30],
  ]);
});

it('tasks of two jobs, none, and one that lacks something are refused', () => {
  const refused = (text: string) => expect(() => readTasks(text)).toThrow('[INVALID_INPUT]');
  refused(lines(task, { ...task, out: 's3://runs/runs/r/fleet/round-3/' }));
  refused(lines(task, { ...task, kernel: 'native' }));
  refused('');
  refused(lines({ ...task, length: 0 }));
});

it('the folder of the arm says the run and the round, and other addresses are refused', () => {
  expect(readOut(task.out)).toEqual({ runsBucket: 'runs', runId: 'r', round: 2 });
  for (const out of ['s3://runs/runs/r/serverless/round-2/', 's3://runs/runs/r/fleet/round-2', 'runs/r'])
    expect(() => readOut(out)).toThrow('[INVALID_INPUT]');
});
