import type { ObjectSink } from '../aws/object-writer.ts';
import type { Arm } from '../contract/arm.ts';
import type { KernelChoice } from '../contract/kernel-choice.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import type { Processor } from '../contract/processor.ts';
import { type Row, serializeRow } from '../contract/row.ts';
import type { ClockOffset, Span } from '../contract/span.ts';
import type { Stage } from '../contract/stage.ts';
import type { Workload } from '../contract/workload.ts';
import { FanfleetError } from '../errors.ts';
import { isStaged, runnerOf } from '../workloads/runners.ts';
import type { Runner, StagedRunner } from '../workloads/workload.ts';
import type { InputFiles } from './inputs.ts';
import { NormalisedFiles, withoutLongKeys } from './normalised-files.ts';
import { type BatchDone, type RunBatchOptions, runBatch } from './run-batch.ts';
import { stageBatch } from './stage-batch.ts';
import type { StageMemory } from './stage-memory.ts';

/** A batch and what to do with it: the work of one `measure` call, or of one lease of the gRPC fleet. */
export interface Work {
  readonly runId: string;
  readonly round: number;
  readonly bucket: string;
  /** Whether requests to that bucket say that the requester pays. */
  readonly requesterPays: boolean;
  readonly runsBucket: string;
  readonly workload: Workload;
  /** What is to measure them, the same in both arms. */
  readonly kernel: KernelChoice;
  /** Most MiB that one image may take: of the run, so that both arms refuse the same images. */
  readonly imageMemory: number;
  /** Null of a workload that is a single map. */
  readonly stage: Stage | null;
  readonly batch: Batch;
}

/** What `measure` returns: counts only, since a Map Run keeps every child's output. */
export interface BatchCounts {
  readonly batch: number;
  readonly items: number;
  readonly errors: number;
}

export interface WorkerOptions
  extends Pick<
    RunBatchOptions,
    'reader' | 'kernel' | 'fetches' | 'decodes' | 'encodedBytes' | 'decodedBytes' | 'onFailure' | 'signal'
  > {
  readonly store: ObjectSink;
  /** @default serverless */
  readonly arm?: Arm;
  readonly worker: string;
  /** What it runs on; null where that is not known. @default it is not known */
  readonly processor?: Processor | null | undefined;
  /** When the batch was given out, and when its work began: epoch milliseconds. */
  readonly queuedAt: number;
  readonly startedAt: number;
  /** From the start of the process to its first batch; 0 in later batches. */
  readonly coldStartMs: number;
  /** What it took to read the batch itself. @default 0 */
  readonly listMs?: number;
  /** Where workloads have their inputs from. @default the workload needs none */
  readonly inputs?: InputFiles;
  /** What is kept from one stage to the next. @default the workload is a single map */
  readonly stages?: StageMemory;
  /** How the batches of a workload are done. @default all that run no model */
  readonly runnerOf?: (workload: Workload) => Runner | StagedRunner;
  readonly clock: { readonly epoch: () => number; readonly now: () => number };
  readonly usage: () => { readonly cpuMs: number; readonly rssPeakBytes: number };
  /** Called when nothing is left but to wait for S3 to take the span: another batch can begin. */
  readonly onMeasured?: () => void;
  /** S3's clock minus `clock.epoch`, as far as it is known; a `ServerClock` is one. @default it is not known */
  readonly serverClock?: { readonly offset: () => ClockOffset | null } | undefined;
}

/**
 * Do one batch, and write first its files, if any, then its rows and then its span: rows
 * say that their files are there, a span that all is done.
 */
export async function work(job: Work, options: WorkerOptions): Promise<{ counts: BatchCounts; span: Span }> {
  const { store, clock, arm = 'serverless' } = options;
  const before = options.usage();
  const { measured, listMs, outputBytes } = await doBatch(job, options);
  options.signal?.throwIfAborted();
  const { rows, errors } = measured;
  const putStarted = clock.now();
  const place = [job.runId, arm, job.round, job.batch.batch, job.stage?.number] as const;
  for (const { folder, body } of measured.files) {
    const kind = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
    await store.put(layout.batchFile(folder, ...place), body, kind);
  }
  await store.put(layout.result(...place), rowsText(rows), 'application/x-ndjson');
  const putMs = measured.writeMs + clock.now() - putStarted;
  const after = options.usage();
  const endedAt = clock.epoch();
  options.onMeasured?.();
  const span: Span = {
    arm,
    round: job.round,
    ...(job.stage && { stage: job.stage.number }),
    worker: options.worker,
    kernel: options.kernel.name,
    processor: options.processor ?? null,
    batch: job.batch.batch,
    queuedAt: options.queuedAt,
    startedAt: options.startedAt,
    endedAt,
    coldStartMs: options.coldStartMs,
    listMs: (options.listMs ?? 0) + listMs,
    getMs: measured.getMs,
    decodeMs: measured.decodeMs,
    computeMs: measured.computeMs,
    putMs,
    loadMs: measured.loadMs,
    processMs: measured.processMs,
    items: rows.length,
    bytes: measured.bytes,
    outputBytes,
    errors,
    droppedBits: measured.droppedBits,
    left: measured.left,
    cpuMs: after.cpuMs - before.cpuMs,
    rssPeakBytes: after.rssPeakBytes,
    // Instances are billed by their lives, not by batches.
    billedMs: arm === 'fleet' ? 0 : Math.ceil(endedAt - options.startedAt + options.coldStartMs),
    gets: measured.gets,
    ...(measured.modelBatch !== undefined && { modelBatch: measured.modelBatch }),
    clock: options.serverClock?.offset() ?? null,
  };
  await store.putJson(layout.span(...place), span);
  const counts = { batch: job.batch.batch, items: rows.length, errors };
  return { counts, span };
}

/** A batch that is done, what it took to read what the run has prepared for it, and the bytes of files of its images. */
interface DoneBatch {
  readonly measured: BatchDone;
  readonly listMs: number;
  readonly outputBytes: number;
}

function doBatch(job: Work, options: WorkerOptions): Promise<DoneBatch> {
  const runner = (options.runnerOf ?? runnerOf)(job.workload);
  return isStaged(runner) ? doStage(job, runner, options) : doMap(job, runner, options);
}

async function doMap(job: Work, runner: Runner, options: WorkerOptions): Promise<DoneBatch> {
  const { store, clock, arm = 'serverless' } = options;
  if (job.stage !== null) throw unexpectedStage(job, 'no stage');
  // A warm process has them of an earlier run, and what this one may take is counted without them.
  options.stages?.batches.clear();
  const started = clock.now();
  const inputs = runner.inputs && (await options.inputs?.of(job, runner.inputs));
  const listMs = inputs === undefined ? 0 : clock.now() - started;
  const files = runner.format === undefined ? undefined : new NormalisedFiles(store, arm, job, runner.format);
  const measured = await runBatch({
    ...batchOptions(job, options),
    batch: files === undefined ? job.batch : withoutLongKeys(job.batch),
    runner,
    ...(inputs && { inputs }),
    ...(files && { write: files.write }),
  });
  return { measured, listMs, outputBytes: files?.bytes ?? 0 };
}

async function doStage(job: Work, runner: StagedRunner, options: WorkerOptions): Promise<DoneBatch> {
  const { clock, stages } = options;
  if (job.stage === null || stages === undefined) throw unexpectedStage(job, 'a stage');
  const started = clock.now();
  const state = await stages.states.file(job.runsBucket, job.stage.state);
  const inputs = runner.inputs && (await options.inputs?.of(job, runner.inputs));
  const listMs = clock.now() - started;
  const stage = { number: job.stage.number, state };
  const measured = await stageBatch(
    { ...batchOptions(job, options), batch: job.batch },
    { runner, stage, inputs, kept: stages.batches, place: job },
  );
  return { measured, listMs, outputBytes: 0 };
}

function batchOptions(job: Work, { inputs: _, ...options }: WorkerOptions) {
  return {
    ...options,
    bucket: job.bucket,
    requesterPays: job.requesterPays,
    imageBytes: job.imageMemory * 1024 * 1024,
    now: options.clock.now,
  };
}

function unexpectedStage({ workload, stage }: Work, expected: string): FanfleetError {
  const got = stage === null ? 'none' : `stage ${stage.number}`;
  const message = `Expected ${expected} for the workload ${workload.name} but got ${got}: deploy the stack again, so that all parts are of one version.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'internal' });
}

function rowsText(rows: readonly Row[]): string {
  return rows.map((row) => `${serializeRow(row)}\n`).join('');
}
