import * as z from 'zod';
import { labelSourceSchema } from '../labels/label-source.ts';
import { MOST_CLUSTERS, MOST_ITERATIONS } from './params.ts';

/** The way to the first centres that needs no file. */
export const PLUS_PLUS = 'kmeans++';

const error = `${JSON.stringify(PLUS_PLUS)}, or the key of a .json`;

export const kmeansParamsSchema = z.strictObject({
  /** Clusters. */
  k: z.int().min(1).max(MOST_CLUSTERS).default(10),
  /** How the images are chosen that are the first centres: by k-means++, or the key of a JSON with their keys in the bucket of the images. */
  starts: z
    .union([z.literal(PLUS_PLUS), z.string().regex(/^[^/].*\.json$/, { error })], { error })
    .default(PLUS_PLUS),
  /** Of the numbers by which k-means++ chooses. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  /** So many times at most all images are assigned to the nearest centres. */
  maxIterations: z.int().min(1).max(MOST_ITERATIONS).default(100),
  /** Where the label of an image is found, which clusters are compared with. */
  labels: labelSourceSchema.default('auto'),
});
export type KmeansParams = Readonly<z.output<typeof kmeansParamsSchema>>;
