import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { inOrder } from '../concurrency/in-order.ts';
import { type Arm, armSchema } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import { isAccessRefusal } from '../contract/row.ts';
import type { ClockOffset } from '../contract/span.ts';
import { type Span, spanSchema } from '../contract/span.ts';
import type { Workload } from '../contract/workload.ts';
import { alignClocks, armClocksSchema } from '../timing/clocks.ts';
import { coldAndWarm, temperatureSchema } from '../timing/cold-warm.ts';
import { armPhases, armPhasesSchema } from '../timing/phases.ts';
import { buildTimeline, timelineSchema } from '../timing/timeline.ts';
import { WorkCounter, workTotalsSchema } from '../timing/workers.ts';
import { answerOf, answerSchema } from '../workloads/answers.ts';
import { EXAMPLES, ProblemLog, problemSchema } from '../workloads/problems.ts';
import type { Inputs } from '../workloads/workload.ts';
import { armUseSchema, UseCounter } from './arm-use.ts';
import { checkBatch, logAllLost } from './batch-check.ts';
import { readManifest } from './manifest-stream.ts';
import { EMPTY_PART, type ImagePart, mergeParts } from './part.ts';
import { readSeen, type Seen } from './seen.ts';

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
  /** SHA-256 of the result files in batch order, each with the histogram of its batch if there is one, in hexadecimal. */
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
  /** Images of 16 bits, of which 8 were measured, as the spans say. */
  droppedBits: z.int().nonnegative(),
  answer: answerSchema,
  timing: armPhasesSchema,
  clocks: armClocksSchema,
  cold: temperatureSchema,
  warm: temperatureSchema,
  work: workTotalsSchema,
  use: armUseSchema,
  timeline: timelineSchema,
});
export type ArmAggregate = z.infer<typeof armAggregateSchema>;

export interface AggregateArmInput {
  readonly reader: BucketReader;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
  readonly workload: Workload;
  /** What the answer needs beside the rows. @default nothing: rows are checked as far as they tell */
  readonly inputs?: Inputs;
  /** Start and end of the arm by the clock of the state machine, epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Fleet only: `engineStartedAt` of its arm.json, where there is one. */
  readonly engineStartedAt?: number | undefined;
  /** Fleet only: `clock` of its arm.json. @default nothing is known of the head's clock */
  readonly headClock?: ClockOffset | null | undefined;
  /**
   * Of a run that resumes another one: when it started, epoch milliseconds. Batches that were begun before were taken
   * over. @default none were
   */
  readonly resumedAt?: number | undefined;
  /** Batches that are read at once, and so the most that are held. @default 16 */
  readonly ahead?: number;
}

/** The part of a span that is kept until all have been read, and what the coordinator says of its batch. */
type KeptSpan = Omit<
  Span,
  | 'arm'
  | 'round'
  | 'kernel'
  | 'getMs'
  | 'decodeMs'
  | 'computeMs'
  | 'cpuMs'
  | 'rssPeakBytes'
  | 'billedMs'
  | 'bytes'
  | 'outputBytes'
  | 'droppedBits'
  | 'left'
  | 'gets'
> & { readonly givenAt: number | null; readonly seenAt: number | null };

/**
 * Read the result and span files of one arm in one round in the order of the manifest, check them, add them up.
 *
 * Memory does not grow with the images: it holds `ahead` batches, some numbers per worker, and about 1 kB per
 * batch for the timing (docs/summary.md: 10 million images).
 *
 * @throws FanfleetError `MANIFEST_INVALID`, `OBJECT_NOT_FOUND` (no manifest), and what the reader throws
 */
export async function aggregateArm(input: AggregateArmInput): Promise<ArmAggregate> {
  const { reader, runId, arm, round, resumedAt = Number.NEGATIVE_INFINITY, ahead = 16 } = input;
  const log = new ProblemLog();
  const hash = createHash('sha256');
  const counter = new WorkCounter();
  const use = new UseCounter();
  const spans: KeptSpan[] = [];
  const batches = { first: 0, count: 0, takenOver: 0, images: 0, droppedBits: 0 };
  const answer = answerOf(input.workload, input.inputs);
  let part: ImagePart = EMPTY_PART;
  const seen = await readSeen(input, log);

  const load = async (batch: Batch) => {
    const [result, span, ...files] = await Promise.all([
      getIfPresent(reader, layout.result(runId, arm, round, batch.batch)),
      getIfPresent(reader, layout.span(runId, arm, round, batch.batch)),
      ...answer.folders.map(async (folder) => ({
        folder,
        body: await getIfPresent(reader, layout.batchFile(folder, runId, arm, round, batch.batch)),
      })),
    ]);
    return { batch, result, span, files };
  };
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  for await (const { batch, result, span, files } of inOrder(manifest, load, { atOnce: ahead })) {
    if (batches.count === 0) batches.first = batch.batch;
    batches.count += 1;
    batches.images += batch.objects.length;
    if (result === null) {
      log.add('BATCH_MISSING', String(batch.batch));
      logAllLost(batch.objects, log);
    } else {
      hash.update(result);
      part = mergeParts(part, checkBatch(batch, result, answer, log));
      for (const { body } of files) if (body !== null) hash.update(body);
      answer.endBatch(batch.batch, files, log);
    }
    const measured = readSpan(span, input, batch, log, result !== null);
    if (measured === null) continue;
    batches.droppedBits += measured.droppedBits;
    if (measured.startedAt < resumedAt) {
      batches.takenOver += 1;
      continue;
    }
    counter.add(measured);
    const written = [result, span, ...files.map(({ body }) => body)];
    use.add(
      batch,
      measured,
      written.reduce((bytes, body) => bytes + (body?.length ?? 0), 0),
    );
    spans.push(keep(measured, seen.get(batch.batch)));
  }
  await logForeignFiles(input, batches, log);
  logAllRefused(part, log);
  const found = answer.finish(log);

  const aligned = alignClocks(arm, spans, input.headClock);
  const { startedAt, endedAt, engineStartedAt } = input;
  const wall = {
    startedAt,
    endedAt,
    engineStartedAt: engineStartedAt === undefined ? undefined : engineStartedAt + aligned.headShiftMs,
  };
  const lost = batches.count - batches.takenOver - spans.length;
  return {
    arm,
    round,
    valid: log.valid,
    problems: log.list(),
    digest: hash.digest('hex'),
    batches: batches.count,
    batchesTakenOver: batches.takenOver,
    imagesPlanned: batches.images,
    images: part.measuredImages + part.failedImages,
    failedImages: part.failedImages,
    bytes: part.bytes,
    failures: [...part.failures]
      .map(([code, { count, examples }]) => ({ code, count, examples: [...examples] }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    droppedBits: batches.droppedBits,
    answer: found,
    timing: armPhases(wall, aligned.spans, lost),
    clocks: aligned.clocks,
    ...coldAndWarm(aligned.spans),
    work: counter.totals(),
    use: use.totals(),
    timeline: buildTimeline(wall, aligned.spans),
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

function keep(span: Span, told: Seen | undefined): KeptSpan {
  // Of a batch that two workers did, the span may be of the other one: no time of one bounds a time of the other.
  const by = told?.worker ?? null;
  const seen = by === null || by === span.worker.split('/', 1)[0] ? told : undefined;
  const { worker, batch, queuedAt, startedAt, endedAt, coldStartMs, images, errors, clock } = span;
  const { listMs, loadMs, processMs, putMs } = span;
  return {
    worker,
    batch,
    queuedAt,
    givenAt: seen?.givenAt ?? null,
    startedAt,
    endedAt,
    seenAt: seen?.seenAt ?? null,
    coldStartMs,
    listMs,
    loadMs,
    processMs,
    putMs,
    images,
    errors,
    clock,
  };
}

/** A run over images of which none may be read has not measured that they are bad. */
function logAllRefused({ measuredImages, failures }: ImagePart, log: ProblemLog): void {
  if (measuredImages > 0 || failures.size === 0) return;
  if (![...failures.keys()].every(isAccessRefusal)) return;
  for (const [code, { examples }] of failures) log.add('ALL_REFUSED', `${code}: ${examples[0]}`);
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
