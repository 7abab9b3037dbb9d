import * as z from 'zod';
import { labelSourceSchema } from '../labels/label-source.ts';

export const knnParamsSchema = z.strictObject({
  /** So many of the nearest vote. */
  k: z.int().min(1).max(100).default(5),
  /** Prefix of the images to learn from, in the bucket of the run. @default part of the run's own prefix: see `ask` */
  training: z.string().min(1).max(1024).exactOptional(),
  /** Without `training`: so many of the images, evenly spaced in key order, are asked, and the others are learned from. */
  ask: z.int().min(1).default(500),
  /** Where the label of an image is found. */
  labels: labelSourceSchema.default('auto'),
});
export type KnnParams = Readonly<z.output<typeof knnParamsSchema>>;
