import { create } from '@bufbuild/protobuf';
import type { HeadLocation } from '../src/grpc/head-location.ts';
import { BatchPlaceSchema, JobSchema } from '../src/grpc/protocol/head_pb.js';
import { submit } from '../src/grpc/submit.ts';
import { runWorker } from '../src/grpc/worker/worker.ts';

export type ManyWorkers = {
  readonly location: HeadLocation;
  readonly secret: string;
  readonly workers: number;
  readonly batches: number;
  /** So many of the workers die with the batches that they have, at different times. */
  readonly deaths: number;
};

/**
 * Have a head give out batches that take no time to workers that are all in this process, over real connections.
 *
 * @returns how often each batch was done, and the last that the head told of its progress
 */
export async function runManyWorkers({ location, secret, workers, batches, deaths }: ManyWorkers) {
  const times = new Map<number, number>();
  let progress: readonly [number, number] = [0, 0];
  const leave = new AbortController();
  const now = () => performance.now();
  const living = Array.from({ length: workers }, (_, number) => {
    const lastBatch = number < deaths ? 5 * number : Number.POSITIVE_INFINITY;
    let begun = 0;
    const isDead = () => begun > lastBatch;
    const life = runWorker({
      secret,
      identity: { worker: `i-${number}`, address: '127.0.0.1', kernel: 'none', version: '0' },
      slots: 2,
      leave: leave.signal,
      onJoined: () => {},
      locate: async () => {
        if (isDead()) throw new Error('dead');
        return location;
      },
      work: async (_job, { batch }) => {
        begun += 1;
        if (isDead()) return new Promise(() => {});
        times.set(batch, (times.get(batch) ?? 0) + 1);
      },
      now,
      patienceMs: number < deaths ? -1 : 60_000,
      // The dead are silent, and the others are heard when they have done something.
      heartbeatMs: number < deaths ? 1e9 : 500,
    });
    return number < deaths ? life.catch(() => {}) : life;
  });
  await submit({
    tasks: {
      job: create(JobSchema, { out: 's3://runs/runs/many/fleet/round-0/' }),
      places: Array.from({ length: batches }, (_, batch) => create(BatchPlaceSchema, { batch, length: 1 })),
    },
    locate: async () => location,
    secret,
    listDone: async () => new Set<number>(),
    now,
    patienceMs: 60_000,
    onProgress: (done, total) => {
      progress = [done, total];
    },
  });
  leave.abort();
  await Promise.all(living);
  return { times, progress };
}
