import { createHash } from 'node:crypto';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { inOrder } from '../concurrency/in-order.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import { isAccessRefusal } from '../contract/row.ts';
import type { ClockOffset } from '../contract/span.ts';
import type { Workload } from '../contract/workload.ts';
import { answerOf, type RunAnswer } from '../workloads/answers.ts';
import { ProblemLog } from '../workloads/problems.ts';
import type { Answer, Inputs } from '../workloads/workload.ts';
import type { ArmAggregate } from './arm-aggregate.ts';
import { ArmMeasures } from './arm-measures.ts';
import { readsOfBatch } from './arm-use.ts';
import { checkBatch, logAllLost } from './batch-check.ts';
import { type BatchRange, logForeignFiles } from './foreign-files.ts';
import { readManifest } from './manifest-stream.ts';
import { EMPTY_PART, type ImagePart, mergeParts } from './part.ts';
import { type MapPlace, readSpan, spanBody } from './spans.ts';
import { readAllReduced, readOutcomes } from './stages.ts';

export interface AggregateArmInput {
  readonly reader: BucketReader;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
  readonly workload: Workload;
  /** What the answer needs beside the rows. @default nothing: rows are checked as far as they tell */
  readonly inputs?: Inputs;
  /** Whether the arm has stages, each with a folder of its own. @default false: it is a single map */
  readonly hasStages?: boolean;
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
  /** Batches that are read at once, and so the most that are held, unless their files are large. @default 16 */
  readonly ahead?: number;
}

/** Files of batches that are read at once have together no more, unless those of one do: the function has 1769 MB. */
const FILE_BYTES = 64 * 1024 * 1024;

/** Spans alone are small: so many are read at once. */
const SPANS_AHEAD = 64;

/**
 * Read the result and span files of one arm in one round in the order of the manifest, check them, add them up. Of an arm with
 * stages the rows are those of the last one that was reduced, and the spans those of all.
 *
 * Memory does not grow with the items: it holds `ahead` batches, or fewer whose files have 64 MiB together, some numbers per worker, and about 1 kB for each batch of the
 * stage that is being read, of those that were read 48 bytes; of outcomes one (docs/summary.md: 10 million items).
 *
 * @throws FanfleetError `MANIFEST_INVALID`, `OBJECT_NOT_FOUND` (no manifest), and what the reader throws
 */
export async function aggregateArm(input: AggregateArmInput): Promise<ArmAggregate> {
  const { arm, round, hasStages = false } = input;
  const log = new ProblemLog();
  const hash = createHash('sha256');
  const answer = answerOf(input.workload, input.inputs);
  const reduced = hasStages ? await readAllReduced(input, log) : [];
  for await (const outcome of readOutcomes(input, reduced, log)) {
    hash.update(outcome);
    answer.addOutcome?.(outcome);
  }
  const measures = new ArmMeasures(input, reduced, log);
  const lastStage = hasStages ? Math.max(0, reduced.length - 1) : undefined;
  const rows = await readRows({ ...input, stage: lastStage }, { answer, hash, measures, log });
  for (const stage of otherStages(reduced)) await readSpans({ ...input, stage }, rows, measures, log);
  logAllRefused(rows.part, log);
  const found = answer.finish(log);
  const { part } = rows;
  return {
    arm,
    round,
    valid: log.valid,
    problems: log.list(),
    digest: hash.digest('hex'),
    batches: rows.range.count,
    itemsPlanned: rows.items,
    items: part.measuredItems + part.failedItems,
    failedItems: part.failedItems,
    bytes: part.bytes,
    failures: [...part.failures]
      .map(([code, { count, examples }]) => ({ code, count, examples: [...examples] }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    answer: found,
    ...measures.finish(),
  };
}

/** All but the one whose rows count; and the one that was begun and not reduced. */
function otherStages(reduced: readonly { readonly stage: number; readonly isLast: boolean }[]): number[] {
  const earlier = reduced.slice(0, -1).map(({ stage }) => stage);
  const last = reduced.at(-1);
  return last === undefined || last.isLast ? earlier : [...earlier, last.stage + 1];
}

interface RowsOfArm {
  readonly range: BatchRange;
  /** Keys of the manifest. */
  readonly items: number;
  readonly part: ImagePart;
  /** GETs that each batch takes. */
  readonly reads: readonly number[];
}

interface Sinks {
  readonly answer: Answer<RunAnswer>;
  readonly hash: { update(body: Buffer): unknown };
  readonly measures: ArmMeasures;
  readonly log: ProblemLog;
}

/** The rows of a map, its files and its spans, batch after batch. */
async function readRows(
  place: MapPlace & Pick<AggregateArmInput, 'ahead'>,
  { answer, hash, measures, log }: Sinks,
): Promise<RowsOfArm> {
  const { reader, runId, arm, round, stage, ahead = 16 } = place;
  const range = { first: 0, count: 0 };
  const reads: number[] = [];
  let items = 0;
  let part = EMPTY_PART;
  const load = async (batch: Batch) => {
    const [result, span, ...files] = await Promise.all([
      getIfPresent(reader, layout.result(runId, arm, round, batch.batch, stage)),
      spanBody(reader, place, batch.batch),
      ...answer.folders.map(async (folder) => ({
        folder,
        body: await getIfPresent(reader, layout.batchFile(folder, runId, arm, round, batch.batch, stage)),
      })),
    ]);
    return { batch, result, span, files };
  };
  const map = await measures.beginMap(stage);
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  const bytesOf = ({ objects }: Batch) => answer.fileBytes?.(objects.length) ?? 0;
  const limits = { atOnce: ahead, bytesOf, bytes: FILE_BYTES };
  for await (const { batch, result, span, files } of inOrder(manifest, load, limits)) {
    if (range.count === 0) range.first = batch.batch;
    range.count += 1;
    items += batch.objects.length;
    if (result === null) {
      log.add('BATCH_MISSING', String(batch.batch));
      logAllLost(batch.objects, log);
    } else {
      hash.update(result);
      part = mergeParts(part, checkBatch(batch, result, answer, log));
      for (const { body } of files) if (body !== null) hash.update(body);
      answer.endBatch(batch.batch, files, log);
    }
    const own = readsOfBatch(batch);
    if (stage !== undefined) reads.push(own);
    const measured = readSpan(span, place, batch.batch, log, result !== null);
    if (measured === null) continue;
    const written = [result, span, ...files.map(({ body }) => body)];
    map.add(
      own,
      measured,
      written.reduce((bytes, body) => bytes + (body?.length ?? 0), 0),
    );
  }
  map.end(range.count);
  await logForeignFiles(place, range, log);
  return { range, items, part, reads };
}

/** The spans of a stage whose rows do not count. */
async function readSpans(
  place: MapPlace,
  { range, reads }: RowsOfArm,
  measures: ArmMeasures,
  log: ProblemLog,
): Promise<void> {
  const map = await measures.beginMap(place.stage);
  const batches = Array.from({ length: range.count }, (_, index) => range.first + index);
  const load = async (batch: number) => ({ batch, body: await spanBody(place.reader, place, batch) });
  for await (const { batch, body } of inOrder(batches, load, { atOnce: SPANS_AHEAD })) {
    const span = readSpan(body, place, batch, log, measures.isReduced(place.stage));
    if (span !== null) map.add(reads[batch - range.first] ?? 0, span, body?.length ?? 0);
  }
  map.end(range.count);
  await logForeignFiles(place, range, log);
}

/** A run over items of which none may be read has not measured that they are bad. */
function logAllRefused({ measuredItems, failures }: ImagePart, log: ProblemLog): void {
  if (measuredItems > 0 || failures.size === 0) return;
  if (![...failures.keys()].every(isAccessRefusal)) return;
  for (const [code, { examples }] of failures) log.add('ALL_REFUSED', `${code}: ${examples[0]}`);
}
