import * as z from 'zod';
import { labelSourceSchema } from '../labels/label-source.ts';
import { MOST_MODEL_BATCH, MOST_TOP } from './params.ts';

const place = z.string().min(1).max(1024);

export const classifyParamsSchema = z.strictObject({
  /** The ONNX file: its key in the bucket of the run's images, or `s3://bucket/key`. */
  model: place,
  /** How its tensors are made, likewise. @default beside the model, with the suffix `.json` */
  description: place.exactOptional(),
  /** The names of its classes, likewise. @default beside the model, with the suffix `.labels.txt` or `.labels.json`; else their indices */
  modelLabels: place.exactOptional(),
  /** So many of the best classes are in a row. */
  top: z.int().min(1).max(MOST_TOP).default(5),
  /** Most images that the model is given at once. */
  modelBatch: z.int().min(1).max(MOST_MODEL_BATCH).default(8),
  /** Where it is found what an image truly is: images without are classified all the same. */
  labels: labelSourceSchema.default('auto'),
});
export type ClassifyParams = Readonly<z.output<typeof classifyParamsSchema>>;
