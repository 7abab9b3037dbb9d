import { FanfleetError } from '../../errors.ts';
import { readFields } from '../../fields.ts';
import { areSums, isCounts } from './state.ts';

/** Of the images of a batch, by the cluster that they went to. */
export interface BatchSums {
  /** How many. */
  readonly counts: readonly number[];
  /** The sum of their squared lengths. */
  readonly squares: readonly number[];
  /** The sums of each of their values. */
  readonly sums: readonly (readonly number[])[];
}

/** The one text form: compact JSON. ec2-workers/fanfleet/workloads/kmeans.py writes the same bytes. */
export function writeSums({ counts, squares, sums }: BatchSums): string {
  return JSON.stringify({ counts, squares, sums });
}

/**
 * @param length values of an image
 * @throws FanfleetError `OUTCOME_DAMAGED` where it is not what a worker writes of k clusters
 */
export function readSums(file: Buffer, k: number, length: number): BatchSums {
  let found: BatchSums;
  try {
    found = readFields(JSON.parse(file.toString('utf8')), 'The sums', (fields) => ({
      counts: fields.take('counts', 'array of integers', isCounts, []),
      squares: fields.take('squares', 'array of integers', isCounts, []),
      sums: fields.take('sums', 'arrays of integers', isMatrix, []),
    }));
  } catch (cause) {
    throw damaged(FanfleetError.from(cause).message, cause);
  }
  const { counts, squares, sums } = found;
  if ([counts, squares, sums].some((each) => each.length !== k)) throw damaged(`it is not of ${k} clusters`);
  for (const [cluster, count] of counts.entries()) {
    const [sum = [], square = 0] = [sums[cluster], squares[cluster]];
    const isSound = sum.length === length && areSums(sum, count) && square <= count * length * 255 ** 2;
    if (!isSound) throw damaged(`that of cluster ${cluster} is not of ${count} images of ${length} values`);
  }
  return found;
}

function isMatrix(value: unknown): value is readonly (readonly number[])[] {
  return Array.isArray(value) && value.every(isCounts);
}

function damaged(why: string, cause?: unknown): FanfleetError {
  const message = `Expected what a batch adds up to but ${why}: start the run again, and let nothing else write there.`;
  return new FanfleetError('OUTCOME_DAMAGED', message, { source: 'internal', cause });
}
