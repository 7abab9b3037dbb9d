import { expect, it } from 'vitest';
import { readJobs, readTasks } from '../../../src/grpc/task.ts';
import { readOut } from '../../../src/grpc/worker/batch-work.ts';

const task = {
  manifest: 's3://runs/m.json',
  out: 's3://runs/runs/r/fleet/round-2/',
  bucket: 'data',
  workload: { name: 'statistics', params: { operation: 'max', depth: 'native' } },
  image_memory: 288,
  round: 2,
  batch: 1,
  offset: 2,
  length: 30,
  queued_at: 1.5,
  requester_pays: true,
  kernel: 'portable',
};
const lines = (...tasks: unknown[]) => tasks.map((each) => `${JSON.stringify(each)}\n`).join('');

it('tasks are one job and the places of its batches', () => {
  const { job, places } = readTasks(lines(task, { ...task, batch: 2, offset: 5_000_000_000 }));
  expect(job).toMatchObject({
    out: task.out,
    workload: JSON.stringify(task.workload),
    imageMemory: 288,
    round: 2,
    requesterPays: true,
    kernel: 'portable',
    stage: '',
  });
  expect(places.map(({ batch, offset, length }) => [batch, offset, length])).toEqual([
    [1, 2n, 30],
    [2, 5_000_000_000n, 30],
  ]);
});

it('tasks of a stage are a job of their own', () => {
  const state = { key: 'runs/r/fleet/round-2/stage-0/outcome.json', sha256: 'a'.repeat(64), bytes: 12 };
  const staged = { ...task, out: `${task.out}stage-1/`, stage: { number: 1, state } };
  const { job } = readTasks(lines(staged, { ...staged, batch: 2 }));
  expect(JSON.parse(job.stage)).toEqual({ number: 1, state });
  expect(readTasks(lines({ ...task, stage: null })).job.stage).toBe('');
  expect(() => readTasks(lines(staged, { ...staged, stage: { number: 2, state } }))).toThrow(
    '[INVALID_INPUT]',
  );
  expect(() => readTasks(lines({ ...staged, stage: { number: 1 } }))).toThrow('[INVALID_INPUT]');
});

it('jobs follow each other with an empty line behind each, and one that is not whole is left out', async () => {
  const [next, cut] = ['s3://runs/runs/n/fleet/round-0/', 's3://runs/runs/c/fleet/round-0/'];
  const text = [task, { ...task, batch: 2 }, null, { ...task, out: next }, null, { ...task, out: cut }];
  async function* read() {
    for (const line of text) yield line === null ? '' : JSON.stringify(line);
  }
  const jobs = await Array.fromAsync(readJobs(read()));
  expect(jobs.map(({ job, places }) => [job.out, places.length])).toEqual([
    [task.out, 2],
    [next, 1],
  ]);
});

it('tasks of two jobs, none, and one that lacks something are refused', () => {
  const refused = (text: string) => expect(() => readTasks(text)).toThrow('[INVALID_INPUT]');
  refused(lines(task, { ...task, out: 's3://runs/runs/r/fleet/round-3/' }));
  refused(lines(task, { ...task, kernel: 'native' }));
  refused(lines(task, { ...task, workload: { ...task.workload, params: { operation: 'max' } } }));
  refused(lines({ ...task, workload: 'statistics' }));
  refused('');
  refused(lines({ ...task, length: 0 }));
});

it('the folder of the arm says the run and the round, and other addresses are refused', () => {
  expect(readOut(task.out)).toEqual({ runsBucket: 'runs', runId: 'r', round: 2, stage: null });
  expect(readOut(`${task.out}stage-13/`)).toEqual({ runsBucket: 'runs', runId: 'r', round: 2, stage: 13 });
  for (const out of [
    `${task.out}stage-1`,
    `${task.out}stage-x/`,
    's3://runs/runs/r/serverless/round-2/',
    's3://runs/runs/r/fleet/round-2',
    'runs/r',
  ])
    expect(() => readOut(out)).toThrow('[INVALID_INPUT]');
});
