import * as z from 'zod';
import { ObjectFiles } from '../../aws/object-files.ts';
import type { ObjectReader } from '../../aws/object-reader.ts';
import { ObjectWriter } from '../../aws/object-writer.ts';
import type { S3Requests } from '../../aws/s3-requests.ts';
import { KERNEL_CHOICES, type KernelChoice } from '../../contract/kernel-choice.ts';
import { type Batch, batchSchema } from '../../contract/manifest.ts';
import { type Stage, stageSchema } from '../../contract/stage.ts';
import { opaqueWorkloadSchema } from '../../contract/workload.ts';
import { FanfleetError } from '../../errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { parse, parseJson } from '../../parse.ts';
import { InputFiles } from '../../worker/inputs.ts';
import { StageMemory } from '../../worker/stage-memory.ts';
import { type WorkerOptions, work } from '../../worker/worker.ts';
import { expectKnown } from '../../workloads/expect-known.ts';
import { anyRunnerOf } from '../../workloads/model-runners.ts';
import { runsModel } from '../../workloads/names.ts';
import { splitUri } from '../head-location.ts';
import type { BatchPlace, Job } from '../protocol/head_pb.js';
import { DividedUsage, type ProcessUsage } from './divided-usage.ts';

export type ProcessStart = { readonly readyAt: number; readonly tookMs: number };

export type BatchWorkOptions = {
  readonly reader: ObjectReader;
  /** For the manifest, and for what is written. */
  readonly requests: S3Requests;
  /** The kernel that a job asks for. */
  readonly kernelFor: (wanted: KernelChoice) => Promise<Kernel>;
  /** How ONNX Runtime comes to where it is loaded from, before a batch of a workload that runs a model. @default it is there */
  readonly bringOnnxruntime?: () => Promise<void>;
  /** Of one batch; as many run at once as the worker has slots. */
  readonly limits: Pick<WorkerOptions, 'fetches' | 'decodes' | 'encodedBytes' | 'decodedBytes'>;
  /** The instance id, and the process. */
  readonly worker: string;
  readonly processor?: WorkerOptions['processor'];
  /** That all batches together may have. */
  readonly memoryBytes: number;
  readonly clock: WorkerOptions['clock'];
  /** How the batches of a workload are done. @default the registry's */
  readonly runnerOf?: WorkerOptions['runnerOf'];
  readonly usage: ProcessUsage;
  readonly serverClock?: WorkerOptions['serverClock'];
  /** When the process could work, in epoch milliseconds, and what it took until then: the span of its first batch tells it. */
  readonly start: ProcessStart;
  readonly onFailure?: (key: string, detail: string) => void;
};

/**
 * Does a batch in a slot. When it returns, the rows and the span are in S3.
 *
 * @param leaveSlot called once nothing is left but to wait for S3 to take the span
 * @param signal aborted where the batch need not be done any more
 * @throws FanfleetError, or the reason of the signal
 */
export type BatchWork = (
  job: Job,
  place: BatchPlace,
  slot: number,
  leaveSlot?: () => void,
  signal?: AbortSignal,
) => Promise<void>;

/** How batches are done on a host of the fleet: as `measure` does them, with the same code and the same kernel. */
export function createBatchWork(options: BatchWorkOptions): BatchWork {
  const { requests, clock, worker } = options;
  const inputs = new InputFiles(requests);
  const stages = new StageMemory(requests, options.memoryBytes);
  const dividedUsage = new DividedUsage(options.usage);
  let isFirst = true;
  return async (job, place, slot, leaveSlot, signal) => {
    const share = dividedUsage.begin();
    const coldStartMs = isFirst ? waitedForStart(options.start, place.queuedAt) : 0;
    isFirst = false;
    try {
      const startedAt = clock.epoch();
      const started = clock.now();
      const batch = await readBatch(requests, job, place);
      const listMs = clock.now() - started;
      const task = readTask(job);
      if (options.bringOnnxruntime !== undefined && runsModel(expectKnown(task.workload.name)))
        await options.bringOnnxruntime();
      const target = readTarget(job.out, task.stage);
      await work(
        { ...target, ...task, bucket: job.bucket, requesterPays: job.requesterPays, batch },
        {
          ...options.limits,
          arm: 'fleet',
          reader: options.reader,
          kernel: await options.kernelFor(task.kernel),
          store: new ObjectWriter(requests, target.runsBucket),
          worker: `${worker}/${slot}`,
          processor: options.processor,
          queuedAt: place.queuedAt,
          startedAt,
          coldStartMs,
          listMs,
          inputs,
          stages,
          clock,
          runnerOf: options.runnerOf ?? anyRunnerOf,
          usage: share.usage,
          ...(signal && { signal }),
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

/** The start that a batch had to wait for: none where the process was ready first, as cold_start_ms in fanfleet/batch.py. */
export function waitedForStart({ readyAt, tookMs }: ProcessStart, queuedAt: number): number {
  return readyAt <= queuedAt ? 0 : tookMs;
}

/** A batch by its place in the manifest, which is one JSON array with a batch per line. */
async function readBatch(requests: S3Requests, { manifest }: Job, place: BatchPlace): Promise<Batch> {
  const { bucket, key } = splitUri(manifest);
  const part = { offset: Number(place.offset), length: place.length };
  const line = await new ObjectFiles(requests, bucket).get(key, part);
  const where = `bytes ${part.offset}-${part.offset + part.length - 1}`;
  const batch = parseJson(batchSchema, line, `${where} of ${manifest}`);
  if (batch.batch !== place.batch) {
    const message = `Expected batch ${place.batch} at ${where} of ${manifest} but got batch ${batch.batch}.`;
    throw new FanfleetError('WRONG_BATCH', message, { source: 'internal' });
  }
  return batch;
}

/** The run, the round and the stage, if any, by the address of the folder: `layout.arm` in src/contract/layout.ts. */
export function readOut(out: string) {
  const [, runsBucket, runId, round, stage] =
    /^s3:\/\/([^/]+)\/runs\/([^/]+)\/fleet\/round-(\d+)\/(?:stage-(\d+)\/)?$/.exec(out) ?? [];
  if (runsBucket === undefined || runId === undefined || round === undefined) {
    const message = `Expected the folder of a fleet's round, s3://bucket/runs/id/fleet/round-0/, but got ${out}.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  return { runsBucket, runId, round: Number(round), stage: stage === undefined ? null : Number(stage) };
}

/** What comes of a batch goes below the folder of its own stage. */
function readTarget(out: string, stage: Stage | null) {
  const { stage: number, ...target } = readOut(out);
  if (number === (stage?.number ?? null)) return target;
  const expected = stage === null ? 'of a round' : `of stage ${stage.number}`;
  throw new FanfleetError('INVALID_INPUT', `Expected the folder ${expected} but got ${out}.`, {
    source: 'internal',
  });
}

const taskSchema = z.object({
  workload: opaqueWorkloadSchema,
  kernel: z.enum(KERNEL_CHOICES),
  imageMemory: z.int().positive(),
  stage: stageSchema.nullable(),
});

function readTask({ workload, kernel, imageMemory, stage }: Job) {
  const task = {
    workload: JSON.parse(workload),
    kernel,
    imageMemory,
    stage: stage === '' ? null : JSON.parse(stage),
  };
  return parse(taskSchema, task, 'The job');
}
