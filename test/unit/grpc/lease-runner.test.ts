import { create } from '@bufbuild/protobuf';
import { beforeEach, expect, it } from 'vitest';
import { BatchPlaceSchema, JobSchema } from '../../../src/grpc/protocol/head_pb.js';
import { LeaseRunner } from '../../../src/grpc/worker/lease-runner.ts';

type Work = {
  readonly slot: number;
  readonly end: PromiseWithResolvers<void>;
  readonly leaveSlot: (() => void) | undefined;
  readonly signal: AbortSignal | undefined;
};

let works: Map<number, Work>;
let runner: LeaseRunner;
let news: number;
const job = (name: string) => create(JobSchema, { out: name });
const add = (...batches: number[]) => {
  for (const batch of batches) runner.add(create(BatchPlaceSchema, { batch }));
};
const finish = async (batch: number, error?: Error) => {
  const { end } = works.get(batch) as Work;
  if (error === undefined) end.resolve();
  else end.reject(error);
  await end.promise.catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  works = new Map();
  news = 0;
  runner = new LeaseRunner({
    slots: 2,
    now: () => 0,
    onNews: () => {
      news += 1;
    },
    work: (_job, { batch }, slot, leaveSlot, signal) => {
      const end = Promise.withResolvers<void>();
      works.set(batch, { slot, end, leaveSlot, signal });
      return end.promise;
    },
  });
  runner.setJob(job('one'));
});

it('does as many batches at once as it has slots, each in a slot of its own', async () => {
  add(1, 2, 3);
  expect([...works.keys()]).toEqual([1, 2]);
  expect(runner.held).toEqual([1, 2, 3]);
  await finish(2);
  expect(works.get(3)?.slot).toBe(works.get(2)?.slot);
  expect(works.get(3)?.slot).not.toBe(works.get(1)?.slot);
});

it('begins the next batch in the slot of one that only waits for S3, which it still has', async () => {
  add(1, 2, 3, 4);
  works.get(2)?.leaveSlot?.();
  expect(works.get(3)?.slot).toBe(works.get(2)?.slot);
  expect([runner.held, runner.completed]).toEqual([[1, 2, 3, 4], []]);
  await finish(2);
  expect([...works.keys()]).toEqual([1, 2, 3]);
  expect([runner.held, runner.completed]).toEqual([[1, 3, 4], [{ batch: 2, ms: 0 }]]);
});

it('does not begin a batch again that it has', () => {
  add(1, 1, 2, 3, 3);
  expect(runner.held).toEqual([1, 2, 3]);
});

it('keeps what is done until the head has acknowledged it', async () => {
  add(1);
  await finish(1);
  expect([news, runner.held, runner.completed]).toEqual([1, [], [{ batch: 1, ms: 0 }]]);
  runner.acknowledge(1);
  expect(runner.completed).toEqual([]);
});

it('tells a failure once, and goes on with the next batch', async () => {
  add(1, 2, 3);
  await finish(1, new Error('broken'));
  expect(runner.takeFailed()).toEqual([{ batch: 1, code: 'Error', message: '[Error] broken' }]);
  expect(runner.takeFailed()).toEqual([]);
  expect([...works.keys()]).toEqual([1, 2, 3]);
});

it('gives back what it has not begun', () => {
  add(1, 2, 3, 4);
  expect(runner.giveBack()).toEqual([3, 4]);
  expect([runner.held, runner.isIdle]).toEqual([[1, 2], false]);
});

it('forgets the batches of a job that another has replaced, but not those of the same', async () => {
  add(1, 2, 3);
  runner.setJob(job('one'));
  expect([runner.held, works.get(1)?.signal?.aborted]).toEqual([[1, 2, 3], false]);
  runner.setJob(job('two'));
  expect([runner.held, works.get(1)?.signal?.aborted]).toEqual([[], true]);
  await finish(1);
  expect(runner.completed).toEqual([]);
  add(7);
  expect(works.get(7)?.signal?.aborted).toBe(false);
});

it('gives up what it has when there is no job any more, and its slots are free for the next one', async () => {
  add(1, 2, 3);
  runner.setJob(create(JobSchema));
  expect([runner.job, runner.isIdle, works.get(2)?.signal?.aborted]).toEqual(['', true, true]);
  await finish(1, new Error('aborted'));
  expect(runner.takeFailed()).toEqual([]);
  runner.setJob(job('one'));
  add(1);
  expect([runner.held, works.get(1)?.signal?.aborted]).toEqual([[1], false]);
});
