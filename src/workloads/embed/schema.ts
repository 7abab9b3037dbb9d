import * as z from 'zod';
import { EMBEDDING_TYPES } from '../../embeddings/embedding.ts';
import { MOST_MODEL_BATCH } from './params.ts';

const place = z.string().min(1).max(1024);

export const embedParamsSchema = z.strictObject({
  /** The ONNX file: its key in the bucket of the run's images, or `s3://bucket/key`. */
  model: place,
  /** How its tensors are made, likewise. @default beside the model, with the suffix `.json` */
  description: place.exactOptional(),
  /** The name of the value in the model that is the embedding. */
  layer: place,
  /** Of the numbers in `embeddings.parquet`; no row depends on it. */
  type: z.enum(EMBEDDING_TYPES).default('float32'),
  /** Most images that the model is given at once. */
  modelBatch: z.int().min(1).max(MOST_MODEL_BATCH).default(8),
});
export type EmbedParams = Readonly<z.output<typeof embedParamsSchema>>;
