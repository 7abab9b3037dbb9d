import * as z from 'zod';
import { labelSourceSchema } from '../labels/label-source.ts';
import { MOST_ROUNDS, MOST_SHARDS, MOST_STEPS, NETWORKS } from './params.ts';

export const cnnParamsSchema = z.strictObject({
  network: z.enum(NETWORKS).default('small'),
  /** Stages in which all shards learn from the same values; then what they have learnt is averaged. */
  rounds: z.int().min(1).max(MOST_ROUNDS).default(12),
  /** Steps of a shard in a round, of 32 images each. */
  steps: z.int().min(1).max(MOST_STEPS).default(20),
  /** Batches that the images are cut into, whatever the number of workers. */
  shards: z.int().min(1).max(MOST_SHARDS).default(4),
  /** Of the first round; it falls in a straight line to nothing behind the last one. */
  rate: z.number().gt(0).max(1).default(0.03),
  momentum: z.number().min(0).lt(1).default(0.9),
  /** Of the numbers by which first values are drawn, and the order of images. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  /** So many of the images, evenly spaced in key order, are not learned from. */
  ask: z.int().min(1).default(500),
  /** Where the label of an image is found. */
  labels: labelSourceSchema.default('auto'),
});
export type CnnParams = Readonly<z.output<typeof cnnParamsSchema>>;
