import { hash } from 'node:crypto';
import { posix } from 'node:path';
import * as z from 'zod';
import { getIfPresent } from '../aws/bucket-reader.ts';
import type { ObjectStore } from '../aws/object-store.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import type { Arm } from '../contract/arm.ts';
import { type InputFile, inputsSchema } from '../contract/inputs.ts';
import { layout } from '../contract/layout.ts';
import { type Plan, planSchema } from '../contract/plan.ts';
import { isAccessRefusal } from '../contract/row.ts';
import { spanSchema } from '../contract/span.ts';
import { FanfleetError } from '../errors.ts';
import { parseJson } from '../parse.ts';
import { readReduced } from '../run/reduced.ts';
import type { Run } from '../run/run.ts';
import { WORKLOADS } from '../workloads/facts.ts';
import { TRAINING_ITEMS } from './training.ts';

/** Batches that are copied at once; each is one request at a time. */
const CONCURRENCY = 32;

export interface TakeOverOptions {
  /** The bucket of the runs. */
  readonly store: Pick<ObjectStore, 'get' | 'putJson' | 'list' | 'copy'>;
  readonly run: Run;
  /** The earlier run that is resumed. */
  readonly resume: string;
}

/**
 * Plan a run by an earlier one over the same images: its manifest, with every batch of an arm and round of this run
 * that is finished there, i.e. has its result, its span, its other files and those of its images. All is copied inside S3.
 * A batch with images that S3 refused is done again: somebody may have been given the right since. The inputs that were
 * prepared for it come along: rows that are taken over depend on them.
 *
 * Of a workload with stages it does so stage by stage: what all batches of a stage add up to is taken over with the last of them, and
 * nothing of a later stage where one before it is not whole, since that depends on it.
 *
 * `plan.json` comes last. Done again it copies the same once more, which changes nothing.
 *
 * @throws FanfleetError `OBJECT_NOT_FOUND` if the earlier run has no manifest or plan, `INVALID_INPUT` if somebody changed its plan or the
 *   list of its inputs, or the name of an AWS error
 */
export async function takeOver({ store, run, resume }: TakeOverOptions): Promise<Plan> {
  const earlier = parseJson(planSchema, await store.get(layout.plan(resume)), layout.plan(resume));
  await store.copy(layout.manifest(resume), layout.manifest(run.runId));
  const training = earlier.training && {
    ...earlier.training,
    itemsKey: await takeOverItems(store, run, resume),
  };
  const inputs = run.hasInputs && (await takeOverInputs(store, run, resume));
  const resumed: NonNullable<Plan['resumed']> = { runId: resume, batches: 0, inputs, finished: [] };
  for (let round = 0; round < run.repeats; round += 1) {
    for (const arm of run.arms) {
      const part = { store, run, resume, arm, round };
      const taken = await (run.hasStages ? takeOverStages : takeOverMap)(part, earlier.batches);
      resumed.batches += taken.batches;
      if (taken.isFinished) resumed.finished.push({ arm, round });
    }
  }
  const plan = {
    ...earlier,
    ...(training && { training }),
    manifestKey: layout.manifest(run.runId),
    resumed,
  };
  await store.putJson(layout.plan(run.runId), plan);
  return plan;
}

type Copying = TakeOverOptions['store'];

async function takeOverItems(store: Copying, { runId }: Run, resume: string): Promise<string> {
  const itemsKey = layout.inputFile(runId, TRAINING_ITEMS);
  await store.copy(layout.inputFile(resume, TRAINING_ITEMS), itemsKey);
  return itemsKey;
}

/**
 * Where the earlier run had got as far as them; else they are prepared. Their list comes last, as when they are made.
 *
 * @returns whether they were there
 */
async function takeOverInputs(store: Copying, { runId }: Run, resume: string): Promise<boolean> {
  const list = await getIfPresent(store, layout.inputs(resume));
  if (list === null) return false;
  const { notes, ...files } = parseJson(inputsSchema, list, layout.inputs(resume));
  const own: Record<string, InputFile> = {};
  for (const [name, file] of Object.entries(files)) {
    const key = layout.inputFile(runId, posix.basename(file.key));
    await store.copy(file.key, key);
    own[name] = { ...file, key };
  }
  await store.putJson(layout.inputs(runId), { ...own, notes });
  return true;
}

interface ArmOfRound extends TakeOverOptions {
  readonly arm: Arm;
  readonly round: number;
  /** Of a workload that has several. */
  readonly stage?: number;
}

interface Taken {
  /** Of all stages. */
  readonly batches: number;
  /** Whether nothing is left to do. */
  readonly isFinished: boolean;
}

async function takeOverMap(part: ArmOfRound, all: number): Promise<Taken> {
  const batches = await takeOverBatches(part);
  return { batches, isFinished: batches === all };
}

async function takeOverStages(part: ArmOfRound, all: number): Promise<Taken> {
  let batches = 0;
  for (let stage = 0; ; stage += 1) {
    const taken = await takeOverBatches({ ...part, stage });
    batches += taken;
    const isLast = taken === all ? await takeOverOutcome(part, stage) : null;
    if (isLast !== false) return { batches, isFinished: isLast === true };
  }
}

/** @returns whether the stage is the last one; null where the earlier run has no sound outcome of it */
async function takeOverOutcome(part: ArmOfRound, stage: number): Promise<boolean | null> {
  const { store, run, resume, arm, round } = part;
  const reduced = await readReduced({ reader: store, runId: resume, arm, round }, stage);
  if (reduced === null || reduced === 'damaged') return null;
  const key = layout.outcome(run.runId, arm, round, stage);
  const outcome = await getIfPresent(store, reduced.outcome.key);
  // One that is damaged is made again of what its batches left.
  if (outcome === null || hash('sha256', outcome, 'hex') !== reduced.outcome.sha256) return null;
  await store.copy(reduced.outcome.key, key);
  // Last, so that it says that the outcome is there.
  const own = { ...reduced, outcome: { ...reduced.outcome, key } };
  await store.putJson(layout.reduced(run.runId, arm, round, stage), own);
  return reduced.isLast;
}

async function takeOverBatches(part: ArmOfRound): Promise<number> {
  const { store, resume, arm, round, stage } = part;
  const spans = await batchNumbers(store, layout.spans(resume, arm, round, stage));
  const results = await batchNumbers(store, layout.results(resume, arm, round, stage));
  let taken = 0;
  await forEachConcurrent(spans.intersection(results), CONCURRENCY, async (batch) => {
    if (await takeOverBatch(part, batch)) taken += 1;
  });
  return taken;
}

/** In the order in which a worker writes them: a span says that all is there. */
async function takeOverBatch(part: ArmOfRound, batch: number): Promise<boolean> {
  const { store, run, resume, arm, round, stage } = part;
  const result = layout.result(resume, arm, round, batch, stage);
  const span = layout.span(resume, arm, round, batch, stage);
  try {
    const errors = errorsIn(await store.get(span));
    const format = run.workload.name === 'normalise' ? run.workload.params.format : undefined;
    const rows = errors === 0 && format === undefined ? [] : rowsIn(await store.get(result));
    // What somebody has changed is done again.
    if (errors === null || rows === null) return false;
    if (rows.some(({ error }) => error !== undefined && isAccessRefusal(error.code))) return false;
    if (format !== undefined) {
      for (const { key } of rows.filter(({ error }) => error === undefined)) {
        const file = (runId: string) => layout.normalised(runId, arm, round, key, format);
        await store.copy(file(resume), file(run.runId));
      }
    }
    for (const folder of WORKLOADS[run.workload.name].batchFolders) {
      const file = (runId: string) => layout.batchFile(folder, runId, arm, round, batch, stage);
      await store.copy(file(resume), file(run.runId));
    }
    await store.copy(result, layout.result(run.runId, arm, round, batch, stage));
    await store.copy(span, layout.span(run.runId, arm, round, batch, stage));
    return true;
  } catch (reason) {
    // Something of it is gone: the batch is done again.
    if (isMissing(reason)) return false;
    throw reason;
  }
}

function isMissing(reason: unknown): boolean {
  return reason instanceof FanfleetError && reason.code === 'OBJECT_NOT_FOUND';
}

/** What is needed of a span, and of a row. */
const neededOfSpan = spanSchema.pick({ errors: true });
const neededOfRow = z.object({ key: z.string(), error: z.object({ code: z.string() }).optional() });
type NeededOfRow = z.infer<typeof neededOfRow>;

/** Null where it is no span. */
function errorsIn(span: Buffer): number | null {
  return neededOfSpan.safeParse(jsonOrNull(span.toString('utf8'))).data?.errors ?? null;
}

/** Null where a line is no row. */
function rowsIn(result: Buffer): NeededOfRow[] | null {
  const lines = result.toString('utf8').split('\n').slice(0, -1);
  const rows = lines.flatMap((line) => neededOfRow.safeParse(jsonOrNull(line)).data ?? []);
  return rows.length === lines.length ? rows : null;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function batchNumbers(store: Pick<ObjectStore, 'list'>, prefix: string): Promise<Set<number>> {
  const numbers = new Set<number>();
  for await (const { key } of store.list(prefix)) {
    const name = /^(\d{6,})\.jsonl?$/.exec(key.slice(prefix.length));
    if (name !== null) numbers.add(Number(name[1]));
  }
  return numbers;
}
