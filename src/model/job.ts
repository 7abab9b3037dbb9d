import * as z from 'zod';
import { LAMBDA_LIMITS, STEP_FUNCTIONS_LIMITS } from '../aws/limits.ts';
import { DEFAULT_ENGINE, engineSchema } from '../contract/engines.ts';
import { MARKETS } from '../contract/market.ts';
import { WORKLOAD_NAMES } from '../workloads/names.ts';

/** What is to be done and with what: the question that `estimate` and `simulate` answer. */
export const jobSchema = z.strictObject({
  items: z.int().min(1).max(1e12),
  /** Mean size of an object. */
  bytesPerItem: z.number().positive().max(1e9).default(110_000),
  workload: z.enum(WORKLOAD_NAMES).default('statistics'),
  /** Maps over all items, each followed by a reduce; null where the workload is a single map. */
  stages: z.int().min(1).max(1000).nullable().default(null),
  /** By storage class, part of the GETs of items and of their bytes. @default all is read as Standard */
  storage: z
    .array(
      z.object({ storageClass: z.string(), gets: z.number().min(0).max(1), bytes: z.number().min(0).max(1) }),
    )
    .default([]),
  /** Whether the items lie in tar shards, of which a GET brings up to 8 MiB. */
  packed: z.boolean().default(false),
  /** Most items in a batch. */
  batchSize: z.int().min(1).max(10_000).default(100),
  /** Most measure functions at once. */
  concurrency: z.int().min(1).max(STEP_FUNCTIONS_LIMITS.mapConcurrency).default(1000),
  /** Lambda's quota of the account, for all of its functions. */
  accountConcurrency: z.int().min(1).max(1e6).default(LAMBDA_LIMITS.accountConcurrency),
  /** MB of a measure function. */
  memory: z.int().min(512).max(LAMBDA_LIMITS.mostMemoryMb).default(LAMBDA_LIMITS.memoryPerVcpuMb),
  architecture: z.enum(['x86_64', 'arm64']).default('arm64'),
  /** Whether the functions are warm from a run before. */
  warm: z.boolean().default(false),
  engine: engineSchema.default(DEFAULT_ENGINE),
  workers: z.int().min(1).max(256).default(2),
  instanceType: z.string().default('t3.medium'),
  market: z.enum(MARKETS).default('on-demand'),
  /** Of Spot workers: part of them that is taken back in an hour. */
  interruptionsPerHour: z.number().min(0).max(10).optional(),
  /** Partitions that S3 has made of the items' prefix. */
  partitions: z.int().min(1).max(1000).default(1),
});
export type Job = Readonly<z.infer<typeof jobSchema>>;
