import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { type RunningHead, startHead } from '../../src/grpc/head/server.ts';
import { BatchPlaceSchema, JobSchema, WorkerState } from '../../src/grpc/protocol/head_pb.js';
import { submit } from '../../src/grpc/submit.ts';
import { runWorker } from '../../src/grpc/worker/worker.ts';

const SECRET = 's'.repeat(32);
const BATCHES = 12;

it('a head lets the slowest worker go when there are too many, and all batches are done once', async () => {
  // Prepare
  const head = await startHead({
    address: '127.0.0.1',
    secret: SECRET,
    now: Date.now,
    // No batch is copied to another worker because it is late.
    scheduling: { stragglerFactor: 1e9 },
    scaling: {
      pool: { started: new Map(), start: () => expect.unreachable('expected no call for workers') },
      ...{ min: 1, max: 3, target: Date.now() + 3_600_000, end: Date.now() + 3_600_000 },
      ...{ bootSeconds: 60, launched: 3, settleMs: 0 },
      onError: (reason) => {
        throw reason;
      },
    },
  });
  const done: number[] = [];
  const slowHasLeft = Promise.withResolvers<void>();
  const work = {
    quick: async (begun: number) => (begun > 1 ? slowHasLeft.promise : undefined),
    slow: async () => sleep(20),
  };
  const quick = ['i-1', 'i-2'].map((id) => startWorker(head, id, done, work.quick));
  const slow = startWorker(head, 'i-3', done, work.slow);

  // Act: an hour is left, which is too much for one of them and by far too much for three
  const submitted = submitTo(head);
  await slow;
  await expect
    .poll(() => statesOf(head))
    .toEqual({
      'i-1': WorkerState.ALIVE,
      'i-2': WorkerState.ALIVE,
      'i-3': WorkerState.LEFT,
    });
  slowHasLeft.resolve();
  await submitted;

  // Assess
  expect(done.toSorted((a, b) => a - b)).toEqual([...new Array(BATCHES).keys()]);
  await Promise.all([head.service.drain(), ...quick]);
  await head.stop();
});

function statesOf(head: RunningHead): Record<string, WorkerState> {
  const { workers } = head.service.status();
  return Object.fromEntries(workers.map(({ registration, state }) => [registration?.worker, state]));
}

/** Until it is let go. @param work is told how many batches it has begun */
async function startWorker(
  head: RunningHead,
  worker: string,
  done: number[],
  work: (begun: number) => Promise<void>,
): Promise<void> {
  let begun = 0;
  await runWorker({
    secret: SECRET,
    identity: { worker, address: '127.0.0.1', kernel: 'none', version: '0' },
    slots: 1,
    leave: new AbortController().signal,
    onJoined: () => {},
    locate: async () => head.location,
    work: async (_job, { batch }) => {
      begun += 1;
      await work(begun);
      done.push(batch);
    },
    now: () => performance.now(),
    patienceMs: 10_000,
  });
}

function submitTo({ location }: RunningHead): Promise<void> {
  return submit({
    tasks: {
      job: create(JobSchema, { out: 's3://runs/runs/shrinking/fleet/round-0/' }),
      places: Array.from({ length: BATCHES }, (_, batch) => create(BatchPlaceSchema, { batch, length: 1 })),
    },
    locate: async () => location,
    secret: SECRET,
    listDone: async () => new Set<number>(),
    now: () => performance.now(),
    patienceMs: 10_000,
    onProgress: () => {},
  });
}
