import * as z from 'zod';
import { IMAGE_FILTERS } from '../dataset/image-type.ts';
import { normaliseSchema, runOperationSchema } from './normalise.ts';
import { SCHEDULES } from './schedule.ts';

export const armSchema = z.enum(['serverless', 'fleet']);
export type Arm = z.infer<typeof armSchema>;

/** Engines that the fleet can run; each is one file in ec2-workers/engines. */
export const engineSchema = z.enum(['daft']);
export type Engine = z.infer<typeof engineSchema>;

const fields = z.strictObject({
  /** S3 prefix of the images, e.g. `train/`. */
  prefix: z
    .string('a prefix of the images such as "train/"')
    .regex(/./s, 'a prefix of the images such as "train/" (a whole bucket is not taken)')
    .max(1024, 'a prefix of at most 1024 characters'),
  /** Bucket of the images. @default the stack's data bucket */
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'an S3 bucket name')
    .optional(),
  /** What counts as an image: by the key's suffix, by suffix or content, or every object. */
  filter: z.enum(IMAGE_FILTERS).default('suffix'),
  operation: runOperationSchema.default('stats'),
  /** How, where the operation is `normalise`. @default PNG, over all channels, each image by its own range */
  normalise: normaliseSchema.optional(),
  arms: z.array(armSchema).min(1).max(2).default(['serverless', 'fleet']),
  engine: engineSchema.default('daft'),
  /** Fleet workers, beside the head. */
  workers: z.int().min(1).max(256).default(2),
  instanceType: z
    .string()
    .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'an EC2 instance type such as t3.medium')
    .default('t3.medium'),
  /** GiB of swap on each instance, for types with little memory. */
  swap: z.int().min(0).max(64).default(0),
  /** MB of a measure function. @default what the stack was deployed with */
  memory: z.int().min(512).max(10_240).optional(),
  /** Most measure functions at once. @default what the stack was deployed with */
  concurrency: z.int().min(1).max(10_000).optional(),
  /** Most images in a batch. */
  batchSize: z.int().min(1).max(10_000).default(100),
  /** Percentage of batches that may fail before the serverless arm fails. */
  toleratedFailures: z.number().min(0).max(100).default(0),
  repeats: z.int().min(1).max(50).default(1),
  /** Arms one after the other or at once. @default what the stack was deployed with: `parallel` in AWS */
  schedule: z.enum(SCHEDULES).optional(),
  /** Seconds after which the fleet arm has failed; its instances end themselves a little later. */
  fleetDeadline: z.int().min(60).max(86_400).default(3600),
  /** Whether a centralised single-thread run with the kernel of the serverless arm is measured too. */
  baseline: z.boolean().default(true),
});

/** The execution input. Only the prefix is required; docs/run.md explains each field. */
export const requestSchema = fields.refine(
  ({ operation, normalise }) => operation === 'normalise' || normalise === undefined,
  { path: ['normalise'], error: 'nothing unless `operation` is "normalise"' },
);
export type RequestInput = z.input<typeof requestSchema>;
