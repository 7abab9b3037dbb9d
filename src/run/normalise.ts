import * as z from 'zod';
import { NORMALISED_FORMATS } from '../contract/normalisation.ts';
import { RUN_OPERATIONS } from '../contract/operation.ts';

export const runOperationSchema = z.enum(RUN_OPERATIONS);

const settings = {
  format: z.enum(NORMALISED_FORMATS).default('png'),
  channels: z.enum(['all', 'each']).default('all'),
  quality: z.int().min(1).max(100).default(90),
};

/** What a request may say of a normalisation; docs/run.md explains each field. */
export const normaliseSchema = z.strictObject({
  ...settings,
  /** An earlier run over the same images, whose minima and maxima are the range. @default each image's own */
  statisticsRun: z
    .string()
    .regex(/^[^/]{1,80}$/, 'the id of an earlier run')
    .optional(),
});

const perChannel = z.tuple([z.int(), z.int(), z.int()]).readonly();

/** A `Normalisation` of the kernels. */
export const normalisationSchema = z.object({
  ...settings,
  range: z.object({ min: perChannel, max: perChannel, depth: z.literal(16).exactOptional() }).exactOptional(),
});
