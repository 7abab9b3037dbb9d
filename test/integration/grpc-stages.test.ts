import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { type RunningHead, startHead } from '../../src/grpc/head/server.ts';
import { BatchPlaceSchema, JobSchema } from '../../src/grpc/protocol/head_pb.js';
import { submit } from '../../src/grpc/submit.ts';
import { runWorker } from '../../src/grpc/worker/worker.ts';

const SECRET = 's'.repeat(32);
const WORKERS = ['i-1', 'i-2', 'i-3'];

it('a head gives the batches of a stage to the workers that did them in the one before, in whatever order they come', async () => {
  // Prepare
  const head = await startHead({
    ...{ address: '127.0.0.1', secret: SECRET, now: Date.now },
    // No batch is copied to another worker because it is late.
    scheduling: { stragglerFactor: 1e9 },
  });
  const leave = new AbortController();
  const done: { out: string; batch: number; worker: string }[] = [];
  const meetings = new Map<string, { begun: number; all: PromiseWithResolvers<void> }>();
  /** Until each worker has one of the job. */
  const meet = (out: string) => {
    const meeting = meetings.get(out) ?? { begun: 0, all: Promise.withResolvers<void>() };
    meetings.set(out, meeting);
    meeting.begun += 1;
    if (meeting.begun === WORKERS.length) meeting.all.resolve();
    return meeting.all.promise;
  };
  const lives: Promise<void>[] = [];
  for (const worker of WORKERS) {
    const joined = Promise.withResolvers<void>();
    const life = runWorker({
      secret: SECRET,
      identity: { worker, address: '127.0.0.1', kernel: 'none', version: '0' },
      slots: 1,
      leave: leave.signal,
      onJoined: joined.resolve,
      locate: async () => head.location,
      work: async ({ out }, { batch }) => {
        await meet(out);
        done.push({ out, batch, worker });
      },
      now: () => performance.now(),
      patienceMs: 10_000,
    });
    lives.push(life);
    await joined.promise;
  }

  // Act
  const outs = [0, 1, 2].map((stage) => `s3://runs/runs/staged/fleet/round-0/stage-${stage}/`);
  const orders = [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ];
  for (const [stage, out] of outs.entries()) await submitStage(head, out, stage, orders[stage] ?? []);
  leave.abort();
  await Promise.all(lives);
  await head.stop();

  // Assess
  const [first, ...later] = outs.map((out) => {
    const own = done.filter((one) => one.out === out);
    return Object.fromEntries(own.map(({ batch, worker }) => [batch, worker]));
  });
  expect(Object.values(first ?? {}).toSorted()).toEqual(WORKERS);
  expect(later).toEqual([first, first]);
});

function submitStage({ location }: RunningHead, out: string, number: number, batches: number[]) {
  const stage = JSON.stringify({ number, state: { key: 'k', sha256: 'a1'.repeat(32), bytes: 1 } });
  return submit({
    tasks: {
      job: create(JobSchema, { out, stage }),
      places: batches.map((batch) => create(BatchPlaceSchema, { batch, length: 1 })),
    },
    locate: async () => location,
    secret: SECRET,
    listDone: async () => new Set<number>(),
    now: () => performance.now(),
    patienceMs: 10_000,
    onProgress: () => {},
  });
}
