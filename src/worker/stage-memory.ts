import type { S3Requests } from '../aws/s3-requests.ts';
import { InputFiles } from './inputs.ts';
import { KeptBatches } from './kept-batches.ts';

/**
 * Of states: twice the largest one, since the next stage's comes while this one's is in use. With what is made of them, they take some
 * four times as much.
 */
const STATE_BYTES = 32 * 1024 * 1024;
/** Of the memory of a process, what batches are kept in; and most bytes of it. */
const KEPT_PART = 1 / 4;
const KEPT_BYTES = 4 * 1024 * 1024 * 1024;

/** What a process keeps of runs that have stages: the state of a stage, and batches that the next one wants again. */
export class StageMemory {
  readonly states: InputFiles;
  readonly batches: KeptBatches;

  /** @param memoryBytes that the process may have in all */
  constructor(requests: S3Requests, memoryBytes: number) {
    this.states = new InputFiles(requests, STATE_BYTES);
    this.batches = new KeptBatches(Math.min(memoryBytes * KEPT_PART, KEPT_BYTES));
  }
}
