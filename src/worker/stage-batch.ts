import { isFailed } from '../contract/row.ts';
import type { Inputs, StagedRunner, StageState } from '../workloads/workload.ts';
import type { BatchOfRound, KeptBatch, KeptBatches } from './kept-batches.ts';
import { type LoadOptions, loadBatch } from './load-batch.ts';
import type { BatchDone } from './run-batch.ts';

export interface StageBatchOptions {
  readonly runner: StagedRunner;
  readonly stage: StageState;
  /** Those that the runner needs. @default none */
  readonly inputs?: Inputs | undefined;
  readonly kept: KeptBatches;
  readonly place: BatchOfRound;
}

/** What a batch took of whatever a stage need not do where the batch is kept. */
const NOTHING = { getMs: 0, decodeMs: 0, processMs: 0, loadMs: 0, writeMs: 0, bytes: 0, gets: 0 };

/**
 * Do a stage of a batch, of one that is kept without reading it again. The first stage always loads it.
 *
 * @throws FanfleetError as `runBatch` does, and what the runner throws
 */
export async function stageBatch(load: LoadOptions, options: StageBatchOptions): Promise<BatchDone> {
  const { runner, stage, inputs = new Map(), kept, place } = options;
  const found = stage.number === 0 ? undefined : kept.get(place, stage.number);
  const { batch, took } =
    found === undefined ? await loadAnew(load, options) : { batch: found, took: NOTHING };
  load.signal?.throwIfAborted();
  const started = load.now();
  const { rows, files } = await runner.step(batch.loaded, load.kernel, stage, inputs);
  const computeMs = load.now() - started;
  return {
    ...took,
    ...{ rows, files, computeMs },
    processMs: took.processMs + computeMs,
    errors: rows.filter(isFailed).length,
    droppedBits: batch.droppedBits,
    left: batch.left,
  };
}

async function loadAnew(load: LoadOptions, { runner, stage, kept, place }: StageBatchOptions) {
  const { loaded, done } = await loadBatch(load, runner.size(stage.state));
  const batch: KeptBatch = { loaded, droppedBits: done.droppedBits, left: done.left };
  kept.put(place, stage.number, batch);
  return { batch, took: done };
}
