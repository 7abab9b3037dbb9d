import * as z from 'zod';
import { NORMALISED_FORMATS } from '../../contract/normalisation.ts';

const runId = z.string().regex(/^[^/]{1,80}$/, 'the id of an earlier run');
const perChannel = z.tuple([z.int(), z.int(), z.int()]).readonly();

/** What a request may say of a normalisation; docs/run.md explains each field. */
export const normaliseRequestSchema = z.strictObject({
  format: z.enum(NORMALISED_FORMATS).default('png'),
  channels: z.enum(['all', 'each']).default('all'),
  quality: z.int().min(1).max(100).default(90),
  /** An earlier run over the same images, whose minima and maxima are the range. @default each image's own */
  statisticsRun: runId.exactOptional(),
});

/** A `Normalisation` of the kernels, and where its range is from. */
export const normaliseParamsSchema = normaliseRequestSchema.extend({
  range: z.object({ min: perChannel, max: perChannel, depth: z.literal(16).exactOptional() }).exactOptional(),
});
export type NormaliseParams = Readonly<z.output<typeof normaliseParamsSchema>>;
