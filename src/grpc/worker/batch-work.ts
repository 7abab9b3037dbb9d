import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import type { ObjectReader } from '../../aws/object-reader.ts';
import { ObjectWriter } from '../../aws/object-writer.ts';
import type { S3Requests } from '../../aws/s3-requests.ts';
import { type Batch, batchSchema } from '../../dataset/manifest.ts';
import { FanfleetError } from '../../errors.ts';
import { DEPTHS } from '../../kernel/depth.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { KERNEL_CHOICES, type KernelChoice } from '../../kernel/kernel-choice.ts';
import { parse } from '../../parse.ts';
import { normalisationSchema, runOperationSchema } from '../../run/normalise.ts';
import { type WorkerOptions, work } from '../../workload/worker.ts';
import { splitUri } from '../head-location.ts';
import type { BatchPlace, Job } from '../protocol/head_pb.js';
import { type ProcessUsage, SharedUsage } from './shared-usage.ts';

export type BatchWorkOptions = {
  readonly s3: S3Client;
  readonly reader: ObjectReader;
  readonly writes: S3Requests;
  /** The kernel that a job asks for. */
  readonly kernelFor: (wanted: KernelChoice) => Promise<Kernel>;
  /** Of one batch; as many run at once as the worker has slots. */
  readonly limits: Pick<WorkerOptions, 'fetches' | 'decodes' | 'encodedBytes' | 'decodedBytes'>;
  /** The instance id, and the process. */
  readonly worker: string;
  readonly clock: WorkerOptions['clock'];
  readonly usage: ProcessUsage;
  readonly serverClock?: WorkerOptions['serverClock'];
  /** What the process took until it could work; the span of its first batch tells it. */
  readonly coldStartMs: () => number;
  readonly onFailure?: (key: string, detail: string) => void;
};

/**
 * Does a batch in a slot. When it returns, the rows and the span are in S3.
 *
 * @param leaveSlot called once nothing is left but to wait for S3 to take the span
 */
export type BatchWork = (job: Job, place: BatchPlace, slot: number, leaveSlot?: () => void) => Promise<void>;

/** How batches are done on a host of the fleet: as `measure` does them, with the same code and the same kernel. */
export function createBatchWork(options: BatchWorkOptions): BatchWork {
  const { s3, clock, worker } = options;
  const sharedUsage = new SharedUsage(options.usage);
  let isFirst = true;
  return async (job, place, slot, leaveSlot) => {
    const share = sharedUsage.begin();
    const coldStartMs = isFirst ? options.coldStartMs() : 0;
    isFirst = false;
    try {
      const startedAt = clock.epoch();
      const started = clock.now();
      const batch = await readBatch(s3, job, place);
      const listMs = clock.now() - started;
      const target = readOut(job.out);
      const task = readTask(job);
      await work(
        { ...target, ...task, bucket: job.bucket, requesterPays: job.requesterPays, batch },
        {
          ...options.limits,
          arm: 'fleet',
          reader: options.reader,
          kernel: await options.kernelFor(task.kernel),
          store: new ObjectWriter(options.writes, target.runsBucket),
          worker: `${worker}/${slot}`,
          queuedAt: place.queuedAt,
          startedAt,
          coldStartMs,
          listMs,
          clock,
          usage: share.usage,
          onMeasured: () => {
            share.end();
            leaveSlot?.();
          },
          serverClock: options.serverClock,
          ...(options.onFailure && { onFailure: options.onFailure }),
        },
      );
    } finally {
      share.end();
    }
  };
}

/** A batch by its place in the manifest, which is one JSON array with a batch per line. */
async function readBatch(s3: S3Client, { manifest }: Job, place: BatchPlace): Promise<Batch> {
  const { bucket, key } = splitUri(manifest);
  const first = Number(place.offset);
  const Range = `bytes=${first}-${first + place.length - 1}`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range }));
  const batch = parse(
    batchSchema,
    JSON.parse((await Body?.transformToString()) ?? ''),
    `${Range} of ${manifest}`,
  );
  if (batch.batch !== place.batch) {
    const message = `Expected batch ${place.batch} at ${Range} of ${manifest} but got batch ${batch.batch}.`;
    throw new FanfleetError('WRONG_BATCH', message, { source: 'internal' });
  }
  return batch;
}

/** The run and the round by the address of the arm's folder: `layout.arm` in src/run/layout.ts. */
export function readOut(out: string) {
  const [, runsBucket, runId, round] =
    /^s3:\/\/([^/]+)\/runs\/([^/]+)\/fleet\/round-(\d+)\/$/.exec(out) ?? [];
  if (runsBucket === undefined || runId === undefined || round === undefined) {
    const message = `Expected the folder of a fleet's round, s3://bucket/runs/id/fleet/round-0/, but got ${out}.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  return { runsBucket, runId, round: Number(round) };
}

const taskSchema = z.object({
  operation: runOperationSchema,
  depth: z.enum(DEPTHS),
  kernel: z.enum(KERNEL_CHOICES),
  normalisation: normalisationSchema.nullable(),
  imageMemory: z.int().positive(),
});

function readTask({ operation, depth, kernel, normalisation, imageMemory }: Job) {
  const task = { operation, depth, kernel, normalisation: JSON.parse(normalisation), imageMemory };
  return parse(taskSchema, task, 'The job');
}
