import { hash } from 'node:crypto';
import type { BatchFile, Reducer, StagedRunner, StageState } from '../../src/workloads/workload.ts';

/** How many stages the test's workload has. */
export const SUM_STAGES = 3;

/** What a stage of it knows, and what it leaves: the size of all images, and the sum of all that stages before have found. */
export interface SumState {
  readonly width: number;
  readonly height: number;
  readonly sum: number;
}

export const stateOf = (state: SumState): string => JSON.stringify(state);
export const readState = (bytes: Buffer): SumState => JSON.parse(bytes.toString('utf8')) as SumState;

/** As `prepare` or a reduce would leave it. */
export function inputFile(key: string, text: string) {
  return { key, sha256: hash('sha256', text, 'hex'), bytes: Buffer.byteLength(text) };
}

/**
 * A workload for tests alone, with stages that depend on each other: each adds up the values of all pixels, times its number and
 * one, and adds that to the sum of the one before.
 *
 * @param steps told of each step that is done
 */
export function sumsRunner(steps: { count: number } = { count: 0 }): StagedRunner {
  return {
    size: (state) => readState(state),
    step: async ({ rows, pixels }, _kernel, { number, state }) => {
      steps.count += 1;
      const sum = pixels.reduce((total, value) => total + value, 0) * (number + 1);
      const label = String(readState(state).sum);
      const file: BatchFile = { folder: 'sums', body: JSON.stringify({ sum }) };
      return { rows: rows.map((row) => ('error' in row ? row : { ...row, label })), files: [file] };
    },
  };
}

export function sumsReducer({ number, state }: StageState): Reducer {
  const before = readState(state);
  let sum = before.sum;
  return {
    folder: 'sums',
    add: (file) => {
      sum += (JSON.parse(file.toString('utf8')) as { sum: number }).sum;
    },
    finish: () => ({ outcome: stateOf({ ...before, sum }), isLast: number + 1 === SUM_STAGES }),
  };
}
