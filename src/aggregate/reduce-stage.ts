import { hash } from 'node:crypto';
import { getIfPresent } from '../aws/bucket-reader.ts';
import type { ObjectStore } from '../aws/object-store.ts';
import { inOrder } from '../concurrency/in-order.ts';
import type { Arm } from '../contract/arm.ts';
import { type InputFile, inputsSchema } from '../contract/inputs.ts';
import { layout } from '../contract/layout.ts';
import { planSchema } from '../contract/plan.ts';
import { type Reduced, START, type Stage } from '../contract/stage.ts';
import type { Workload } from '../contract/workload.ts';
import { FanfleetError } from '../errors.ts';
import { parse, parseJson } from '../parse.ts';
import { readReduced } from '../run/reduced.ts';
import { reducerOf } from '../workloads/reducers.ts';
import type { Reducer, StageState } from '../workloads/workload.ts';

/** Files of batches that are read ahead: each may have some megabytes. */
const AHEAD = 8;

/** A round of an arm of a run with stages. */
export interface StagedRound {
  readonly store: Pick<ObjectStore, 'get' | 'getJson' | 'put' | 'putJson'>;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
}

export interface ReduceOptions extends StagedRound {
  readonly workload: Workload;
  /** From 0. */
  readonly stage: number;
  readonly clock: () => number;
  readonly cpuMs: () => number;
  /** What adds up the batches of a workload. @default the registry's */
  readonly reducerOf?: (workload: Workload, stage: StageState) => Reducer | null;
}

/**
 * The first stage that is not over: of a run that resumes another one some may be. Null where the last one is.
 *
 * @throws FanfleetError `OBJECT_NOT_FOUND` where the state of the first one was not prepared, `OUTCOME_DAMAGED` where a
 *   `reduced.json` is not what a reduce writes
 */
export async function firstStage(round: StagedRound): Promise<Stage | null> {
  let stage: Stage | null = { number: 0, state: await readStart(round) };
  while (stage !== null) {
    const reduced = await reducedOf(round, stage.number);
    if (reduced === null) return stage;
    stage = stageAfter(reduced);
  }
  return null;
}

/**
 * Add up what all batches of a stage left, and write its outcome and then `reduced.json`; a stage that has that is not reduced
 * again.
 *
 * @returns the next stage, or null after the last one
 * @throws FanfleetError `STAGE_INCOMPLETE` where a batch has left nothing, `STAGE_MISSING` where the stage before is not over,
 *   `INPUT_DAMAGED` where its outcome is not what was reduced, `OUTCOME_DAMAGED` where a `reduced.json` is not what a reduce writes,
 *   or what the reducer throws
 */
export async function reduceStage(options: ReduceOptions): Promise<Stage | null> {
  const { store, runId, arm, round, stage: number, clock } = options;
  const before = await reducedOf(options, number);
  if (before !== null) return stageAfter(before);
  const [startedAt, cpuStarted] = [clock(), options.cpuMs()];
  const state = await readState(options);
  const reducer = (options.reducerOf ?? reducerOf)(options.workload, { number, state });
  if (reducer === null) throw unstaged(options.workload.name);
  const batches = await addBatches(options, reducer);
  const { outcome, isLast } = reducer.finish();
  const body = Buffer.from(outcome);
  const key = layout.outcome(runId, arm, round, number);
  await store.put(key, body, 'application/json');
  const reduced: Reduced = {
    stage: number,
    outcome: { key, sha256: hash('sha256', body, 'hex'), bytes: body.length },
    isLast,
    batches,
    startedAt,
    endedAt: clock(),
    cpuMs: options.cpuMs() - cpuStarted,
  };
  await store.putJson(layout.reduced(runId, arm, round, number), reduced);
  return stageAfter(reduced);
}

/** In their order, while the next ones are read. @returns how many there are */
async function addBatches(options: ReduceOptions, reducer: Reducer): Promise<number> {
  const { store, runId, arm, round, stage } = options;
  const { batches } = parse(planSchema, await store.getJson(layout.plan(runId)), layout.plan(runId));
  const numbers = Array.from({ length: batches }, (_, batch) => batch);
  const read = async (batch: number) => {
    const key = layout.batchFile(reducer.folder, runId, arm, round, batch, stage);
    return { key, file: await getIfPresent(store, key) };
  };
  const missing: string[] = [];
  for await (const { key, file } of inOrder(numbers, read, { atOnce: AHEAD })) {
    if (file === null) missing.push(key);
    // After one is missing the sum is of no use.
    else if (missing.length === 0) reducer.add(file);
  }
  const [first] = missing;
  if (first !== undefined) throw incomplete(options, first, missing.length, batches);
  return batches;
}

async function readStart({ store, runId }: StagedRound): Promise<InputFile> {
  const key = layout.inputs(runId);
  const file = parseJson(inputsSchema, await store.get(key), key)[START];
  if (file !== undefined && !Array.isArray(file)) return file;
  const message = `Expected the input \`${START}\` in ${key} but there is none: start the run again.`;
  throw new FanfleetError('OBJECT_NOT_FOUND', message, { source: 'internal' });
}

async function reducedOf({ store, ...round }: StagedRound, stage: number): Promise<Reduced | null> {
  const found = await readReduced({ reader: store, ...round }, stage);
  if (found !== 'damaged') return found;
  const key = layout.reduced(round.runId, round.arm, round.round, stage);
  const message = `Expected what the reduce of stage ${stage} wrote in ${key} but found something else: start the run again, and let nothing else write there.`;
  throw new FanfleetError('OUTCOME_DAMAGED', message, { source: 'internal' });
}

async function readState(options: ReduceOptions): Promise<Buffer> {
  const file = await fileOfState(options);
  const body = await options.store.get(file.key);
  const got = hash('sha256', body, 'hex');
  if (got === file.sha256) return body;
  const message = `Expected SHA-256 ${file.sha256} of ${file.key} but its ${body.length} bytes have ${got}: start the run again, and let nothing else write there.`;
  throw new FanfleetError('INPUT_DAMAGED', message, { source: 'internal' });
}

async function fileOfState(options: ReduceOptions): Promise<InputFile> {
  const { stage } = options;
  if (stage === 0) return readStart(options);
  const before = await reducedOf(options, stage - 1);
  if (before !== null && !before.isLast) return before.outcome;
  const why = before === null ? 'it is not over' : 'it was the last one';
  const message = `Expected stage ${stage - 1} of ${options.runId} to be over before stage ${stage} is reduced but ${why}: resume the run.`;
  throw new FanfleetError('STAGE_MISSING', message, { source: 'internal' });
}

function stageAfter({ stage, outcome, isLast }: Reduced): Stage | null {
  return isLast ? null : { number: stage + 1, state: outcome };
}

function incomplete({ runId, stage }: ReduceOptions, first: string, missing: number, batches: number) {
  const message = `Expected a file of each of the ${batches} batches of stage ${stage} but ${missing} ${missing === 1 ? 'is' : 'are'} missing, first ${first}: go on with what is done by \`fanfleet run --resume ${runId}\`.`;
  return new FanfleetError('STAGE_INCOMPLETE', message, { source: 'internal' });
}

function unstaged(name: string) {
  const message = `Expected a workload with stages but ${name} is a single map.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'internal' });
}
