import { readFields } from '../../fields.ts';
import { damaged, isRight, type Right } from './state.ts';
import { readValues, valuesText } from './values.ts';

/** What a batch, which is a shard, has learnt in a stage. */
export interface Shard {
  /** Images that it learned from. */
  readonly images: number;
  readonly steps: number;
  /** Of each step in millionths, rounded; their sum. */
  readonly loss: number;
  readonly train: Right;
  readonly test: Right;
  /** After its steps; null where it has none. */
  readonly values: Float32Array | null;
}

/** The one text form; ec2-workers/fanfleet/workloads/cnn.py writes the same bytes. */
export function writeShard({ images, steps, loss, train, test, values }: Shard): string {
  return JSON.stringify({ images, steps, loss, train, test, values: values && valuesText(values) });
}

/**
 * @param length how many values a network has
 * @throws FanfleetError `OUTCOME_DAMAGED` where it is not what a worker writes
 */
export function readShard(file: Buffer, length: number): Shard {
  let shard: Shard;
  try {
    shard = readFields(JSON.parse(file.toString('latin1')), 'What a batch has learnt', (fields) => ({
      images: fields.integer('images'),
      steps: fields.integer('steps'),
      loss: fields.integer('loss'),
      train: fields.take('train', 'two integers', isRight, [0, 0]),
      test: fields.take('test', 'two integers', isRight, [0, 0]),
      values: fields.nullable('values', (name) => readValues(fields.text(name))),
    }));
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const found = shard.values?.length ?? 0;
  if (found !== (shard.steps === 0 ? 0 : length) || (shard.steps > 0 && shard.images === 0))
    throw damaged(`a batch has ${found} after ${shard.steps} steps from ${shard.images} images`);
  return shard;
}
