import * as z from 'zod';
import { MANIFEST_BYTES_PER_IMAGE } from '../cost/run-facts.ts';
import { MARKETS } from '../fleet/market.ts';
import { MAX_BATCH_JSON_BYTES, TARGET_BYTES } from '../plan/cut.ts';
import { runOperationSchema } from '../run/normalise.ts';
import { engineSchema } from '../run/request.ts';

/** What is to be done and with what: the question that `estimate` and `simulate` answer. */
export const jobSchema = z.strictObject({
  images: z.int('a whole number of images').min(1).max(1e12),
  /** Mean size of an object. */
  bytesPerImage: z.number().positive().max(1e9).default(110_000),
  operation: runOperationSchema.default('stats'),
  /** Whether the images lie in tar shards, of which a GET brings up to 8 MiB. */
  packed: z.boolean().default(false),
  /** Most images in a batch. */
  batchSize: z.int().min(1).max(10_000).default(100),
  /** Most measure functions at once. */
  concurrency: z.int().min(1).max(10_000).default(1000),
  /** Lambda's quota of the account, for all of its functions. */
  accountConcurrency: z.int().min(1).max(1e6).default(1000),
  /** MB of a measure function. */
  memory: z.int().min(512).max(10_240).default(1769),
  architecture: z.enum(['x86_64', 'arm64']).default('arm64'),
  /** Whether the functions are warm from a run before. */
  warm: z.boolean().default(false),
  engine: engineSchema.default('daft'),
  workers: z.int().min(1).max(256).default(2),
  instanceType: z.string().default('t3.medium'),
  market: z.enum(MARKETS).default('on-demand'),
  /** Of Spot workers: part of them that is taken back in an hour. */
  interruptionsPerHour: z.number().min(0).max(10).optional(),
  /** Partitions that S3 has made of the images' prefix. */
  partitions: z.int().min(1).max(1000).default(1),
});
export type Job = Readonly<z.infer<typeof jobSchema>>;

/** As many batches as keep all workers busy on a small set: `functions/plan.ts`. */
const BATCHES_PER_WORKER = 4;
const MOST_MIN_BATCHES = 200;

/** How many batches `plan` makes of the job (`src/plan/cut.ts`), at the mean size of an image. */
export function batchesOf({ images, bytesPerImage, batchSize, workers, concurrency }: Job): number {
  const wanted = Math.min(MOST_MIN_BATCHES, BATCHES_PER_WORKER * Math.max(workers, concurrency));
  const byBytes = Math.floor(TARGET_BYTES / bytesPerImage);
  const byJson = Math.floor(MAX_BATCH_JSON_BYTES / MANIFEST_BYTES_PER_IMAGE);
  const perBatch = Math.max(1, Math.min(batchSize, byBytes, byJson));
  return Math.max(Math.ceil(images / perBatch), Math.min(images, wanted));
}
