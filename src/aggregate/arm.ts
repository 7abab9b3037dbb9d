import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Batch } from '../dataset/manifest.ts';
import type { ImageTask } from '../kernel/image-task.ts';
import { layout } from '../run/layout.ts';
import { type Arm, armSchema } from '../run/request.ts';
import { type ArmPhases, armPhases, armPhasesSchema } from '../timing/phases.ts';
import { type Span, spanSchema } from '../timing/span.ts';
import { buildTimeline, timelineSchema } from '../timing/timeline.ts';
import { WorkCounter, workTotalsSchema } from '../timing/workers.ts';
import { checkBatch, logLost } from './batch-check.ts';
import { readManifest } from './manifest-stream.ts';
import { EMPTY_PART, type ImagePart, mergeParts } from './part.ts';
import { prefetch } from './prefetch.ts';
import { EXAMPLES, ProblemLog, problemSchema } from './problems.ts';
import { getIfPresent, type ObjectReader } from './reader.ts';
import { datasetStatistics, datasetStatisticsSchema } from './statistics.ts';

export const failureSchema = z.object({
  code: z.string(),
  count: z.int().positive(),
  /** The first keys in S3's order. */
  examples: z.array(z.string()).max(EXAMPLES),
});

/** Everything that the files of one arm in one round say. */
export const armAggregateSchema = z.object({
  arm: armSchema,
  round: z.int().nonnegative(),
  /** Whether every key of the manifest has exactly one sound row, in order. */
  valid: z.boolean(),
  problems: z.array(problemSchema),
  /** SHA-256 of the result files in batch order, in hexadecimal. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  batches: z.int().nonnegative(),
  /** Batches that an earlier run did: their rows count, their times do not. */
  batchesTakenOver: z.int().nonnegative(),
  /** Keys of the manifest. */
  imagesPlanned: z.int().nonnegative(),
  /** Keys of the manifest that have a row, failed ones included. */
  images: z.int().nonnegative(),
  failedImages: z.int().nonnegative(),
  /** Sizes of the objects that were measured, failed ones left out. */
  bytes: z.int().nonnegative(),
  failures: z.array(failureSchema),
  dataset: datasetStatisticsSchema.nullable(),
  timing: armPhasesSchema,
  work: workTotalsSchema,
  timeline: timelineSchema,
});
export type ArmAggregate = z.infer<typeof armAggregateSchema>;

export interface AggregateArmInput {
  readonly reader: ObjectReader;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
  readonly task: ImageTask;
  /** Start and end of the arm by the clock of the state machine, epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Fleet only: `engineStartedAt` of its arm.json, where there is one. */
  readonly engineStartedAt?: number | undefined;
  /**
   * Of a run that resumes another one: when it started, epoch milliseconds. Batches that were begun before were taken
   * over. @default none were
   */
  readonly resumedAt?: number | undefined;
  /** Batches that are read at once, and so the most that are held. @default 16 */
  readonly ahead?: number;
}

/** The part of a span that is kept until all have been read. */
type KeptSpan = Omit<
  Span,
  | 'arm'
  | 'round'
  | 'queuedAt'
  | 'getMs'
  | 'decodeMs'
  | 'computeMs'
  | 'cpuMs'
  | 'rssPeakBytes'
  | 'billedMs'
  | 'bytes'
  | 'outputBytes'
>;

/**
 * Read the result and span files of one arm in one round in the order of the manifest, check them, add them up.
 *
 * Memory does not grow with the images: it holds `ahead` batches, some numbers per worker, and about 150 bytes per
 * batch for the timing (docs/summary.md: 10 million images).
 *
 * @throws FanfleetError `MANIFEST_INVALID`, `OBJECT_NOT_FOUND` (no manifest), and what the reader throws
 */
export async function aggregateArm(input: AggregateArmInput): Promise<ArmAggregate> {
  const { reader, runId, arm, round, resumedAt = Number.NEGATIVE_INFINITY, ahead = 16 } = input;
  const log = new ProblemLog();
  const hash = createHash('sha256');
  const counter = new WorkCounter();
  const spans: KeptSpan[] = [];
  const batches = { first: 0, count: 0, takenOver: 0, images: 0 };
  let part: ImagePart = EMPTY_PART;

  const load = async (batch: Batch) => {
    const [result, span] = await Promise.all([
      getIfPresent(reader, layout.result(runId, arm, round, batch.batch)),
      getIfPresent(reader, layout.span(runId, arm, round, batch.batch)),
    ]);
    return { batch, result, span };
  };
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  for await (const { batch, result, span } of prefetch(manifest, load, ahead)) {
    if (batches.count === 0) batches.first = batch.batch;
    batches.count += 1;
    batches.images += batch.objects.length;
    if (result === null) {
      log.add('BATCH_MISSING', String(batch.batch));
      logLost(batch.objects, new Set(), log);
    } else {
      hash.update(result);
      part = mergeParts(part, checkBatch(batch, result, input.task, log));
    }
    const measured = readSpan(span, input, batch, log, result !== null);
    if (measured === null) continue;
    if (measured.startedAt < resumedAt) {
      batches.takenOver += 1;
      continue;
    }
    counter.add(measured);
    spans.push(keep(measured));
  }
  await logForeignFiles(input, batches, log);

  const wall = { startedAt: input.startedAt, endedAt: input.endedAt, engineStartedAt: input.engineStartedAt };
  const timing: ArmPhases = armPhases(wall, spans);
  return {
    arm,
    round,
    valid: log.valid,
    problems: log.list(),
    digest: hash.digest('hex'),
    batches: batches.count,
    batchesTakenOver: batches.takenOver,
    imagesPlanned: batches.images,
    images: part.statistics.images + part.failedImages,
    failedImages: part.failedImages,
    bytes: part.bytes,
    failures: [...part.failures]
      .map(([code, { count, examples }]) => ({ code, count, examples: [...examples] }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    dataset: datasetStatistics(part.statistics),
    timing,
    work: counter.totals(),
    timeline: buildTimeline(wall, spans),
  };
}

/** @param wanted whether a missing span is worth a word: a batch that left no result left no span either */
function readSpan(
  body: Buffer | null,
  input: AggregateArmInput,
  batch: Batch,
  log: ProblemLog,
  wanted: boolean,
): Span | null {
  const name = String(batch.batch);
  if (body === null) {
    if (wanted) log.add('SPAN_MISSING', name);
    return null;
  }
  const span = parseSpan(body);
  if (span?.arm !== input.arm || span.round !== input.round || span.batch !== batch.batch) {
    log.add('SPAN_INVALID', name);
    return null;
  }
  return span;
}

function parseSpan(body: Buffer): Span | null {
  try {
    return spanSchema.safeParse(JSON.parse(body.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function keep(span: Span): KeptSpan {
  const { worker, batch, startedAt, endedAt, coldStartMs, images, errors } = span;
  const { listMs, loadMs, processMs, putMs } = span;
  return {
    worker,
    batch,
    startedAt,
    endedAt,
    coldStartMs,
    listMs,
    loadMs,
    processMs,
    putMs,
    images,
    errors,
  };
}

/** Batch numbers are consecutive, so that a listing can be checked without holding their names. */
async function logForeignFiles(
  { reader, runId, arm, round }: AggregateArmInput,
  batches: { first: number; count: number },
  log: ProblemLog,
): Promise<void> {
  for await (const { key } of reader.list(layout.results(runId, arm, round))) {
    const name = key.slice(key.lastIndexOf('/') + 1);
    const number = /^\d{6,}\.jsonl$/.test(name) ? Number.parseInt(name, 10) : -1;
    const known = number >= batches.first && number < batches.first + batches.count;
    if (!known || key !== layout.result(runId, arm, round, number)) log.add('FILE_FOREIGN', key);
  }
}
