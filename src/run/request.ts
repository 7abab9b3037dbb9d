import * as z from 'zod';
import { LAMBDA_LIMITS, STEP_FUNCTIONS_LIMITS } from '../aws/limits.ts';
import { architecture } from '../contract/architecture.ts';
import { ARMS, armSchema } from '../contract/arm.ts';
import { DEFAULT_ENGINE, ENGINE_NAMES, ENGINES, engineSchema } from '../contract/engines.ts';
import { KERNEL_CHOICES } from '../contract/kernel-choice.ts';
import { MARKETS } from '../contract/market.ts';
import { SCHEDULES } from '../contract/schedule.ts';
import { IMAGE_FILTERS } from '../dataset/image-type.ts';
import { SHARD_KEYS } from '../dataset/shards/shard-keys.ts';
import { hasStages, mostStages } from '../workloads/facts.ts';
import { DEFAULT_WORKLOAD, workloadRequestSchema } from '../workloads/schemas.ts';
import { adviceRequestSchema } from './advice-request.ts';
import { mostRounds } from './stage-limit.ts';

/** Of a kept fleet; it is in names of executions, keys and tags. */
export const fleetNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a name of at most 40 small letters, digits and hyphens, such as "ray-4"');

const instanceTypeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'an EC2 instance type such as t3.medium');

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
  /**
   * Whether the account of the run pays for requests to the bucket of the images, as one that says "requester pays" wants it.
   * @default what the stack was deployed with: no
   */
  requesterPays: z.boolean().optional(),
  /** What counts as an image: by the key's suffix, by suffix or content, or every object. */
  filter: z.enum(IMAGE_FILTERS).default('suffix'),
  /** What the key of an image in a tar is: its name, with the tar's key before it, or with it where names repeat. */
  shardKeys: z.enum(SHARD_KEYS).default('auto'),
  /**
   * A Parquet file that names the images in a column: its key in the bucket of the images, or `s3://bucket/key`. The filter does not matter then.
   * @default all images under the prefix
   */
  keysFrom: z
    .string()
    .regex(/^(?:s3:\/\/[^/]+\/.|(?!s3:\/\/).)/s, 'a key, or s3://bucket/key, of a Parquet file')
    .optional(),
  /** The column, with keys under the prefix or their `s3://` addresses. @default key */
  keysColumn: z.string().min(1).optional(),
  /** What is done with each image, and how. @default all statistics */
  workload: workloadRequestSchema.prefault(DEFAULT_WORKLOAD),
  /** What measures the images, the same in all arms. @default auto: native where every arm has it, else portable */
  kernel: z.enum(KERNEL_CHOICES).default('auto'),
  arms: z
    .array(armSchema)
    .min(1)
    .max(2)
    .default([...ARMS]),
  engine: engineSchema.default(DEFAULT_ENGINE),
  /** Name of a kept fleet that does the work of the fleet arm. @default one is launched for each round */
  fleet: fleetNameSchema.optional(),
  /** Fleet workers, beside the head. */
  workers: z.int().min(1).max(256).default(2),
  /** Engine `grpc` only: the fleet may grow to so many workers while it runs. @default it has `workers` */
  workersMax: z.int().min(1).max(256).optional(),
  /** Seconds from the boot of the head in which the batches should be done: it starts workers to that end. */
  targetSeconds: z.int().min(1).max(86_400).optional(),
  /** Of head and workers. @default t3.medium */
  instanceType: instanceTypeSchema.optional(),
  /** Several types instead of one, the preferred first: what has no capacity is left to the next. */
  instanceTypes: z
    .array(instanceTypeSchema)
    .min(1)
    .max(20)
    .refine((types) => new Set(types.map(architecture)).size === 1, 'types of one processor: Graviton or x86')
    .optional(),
  /** How EC2 sells the workers; the head is always On-Demand. */
  market: z.enum(MARKETS).default('on-demand'),
  /** GiB of swap on each instance, for types with little memory. */
  swap: z.int().min(0).max(64).default(0),
  /** MB of a measure function. @default what the stack was deployed with */
  memory: z.int().min(512).max(LAMBDA_LIMITS.mostMemoryMb).optional(),
  /** Most MiB that one image may take; what would take more is a row with an error. @default what every worker has */
  imageMemory: z.int().min(32).max(65_536).optional(),
  /** Most measure functions at once. @default what the stack was deployed with */
  concurrency: z.int().min(1).max(STEP_FUNCTIONS_LIMITS.mapConcurrency).optional(),
  /** Most images in a batch. @default what the stack was deployed with */
  batchSize: z.int().min(1).max(10_000).optional(),
  /** Percentage of batches that may fail before the serverless arm fails. */
  toleratedFailures: z.number().min(0).max(100).default(0),
  repeats: z.int().min(1).max(50).default(1),
  /** Arms one after the other or at once. @default what the stack was deployed with: `parallel` in AWS */
  schedule: z.enum(SCHEDULES).optional(),
  /** Seconds after which the fleet arm has failed; its instances end themselves a little later. */
  fleetDeadline: z.int().min(60).max(86_400).default(3600),
  /**
   * Whether a centralised single-thread run with the kernel of the serverless arm is measured too.
   *
   * @default true; false where the workload has stages, since the first batches alone say nothing of the later ones
   */
  baseline: z.boolean().optional(),
  /** What the advice of the report is to heed. @default balanced, without limits */
  advice: adviceRequestSchema.optional(),
  /** An earlier run over the same images whose finished batches are taken over. @default none: all is done */
  resume: z
    .string()
    .regex(/^[^/]{1,80}$/, 'the id of an earlier run')
    .optional(),
});

/** The engines whose fleet may grow, as they are told. */
const GROWING = ENGINE_NAMES.filter((name) => ENGINES[name].canGrow === true)
  .map((name) => JSON.stringify(name))
  .join(' or ');

type StagedWork = Parameters<typeof mostStages>[0];

/** The execution input. Only the prefix is required; docs/run.md explains each field. */
export const requestSchema = fields
  .refine(({ instanceType, instanceTypes }) => instanceType === undefined || instanceTypes === undefined, {
    path: ['instanceType'],
    error: 'nothing beside `instanceTypes`',
  })
  .refine(({ keysFrom, keysColumn }) => keysFrom !== undefined || keysColumn === undefined, {
    path: ['keysColumn'],
    error: 'nothing unless `keysFrom` names a file',
  })
  .refine(({ arms, fleet }) => arms.includes('fleet') || fleet === undefined, {
    path: ['fleet'],
    error: 'nothing unless `arms` has the fleet',
  })
  .refine(({ engine, workersMax }) => ENGINES[engine].canGrow === true || workersMax === undefined, {
    path: ['workersMax'],
    error: `nothing unless \`engine\` is ${GROWING}`,
  })
  .refine(({ workers, workersMax = workers }) => workersMax >= workers, {
    path: ['workersMax'],
    error: 'at least as many as `workers`',
  })
  .refine(({ workload, baseline }) => baseline !== true || !hasStages(workload.name), {
    path: ['baseline'],
    error: 'false or nothing, since a stage of the workload needs what all batches of the one before left',
  })
  .refine(
    ({ arms, repeats, workload }) =>
      !hasStages(workload.name) ||
      !arms.includes('serverless') ||
      repeats <= mostRounds(mostStages(workload)),
    {
      path: ['repeats'],
      error: ({ input }) =>
        `at most ${mostRounds(mostStages((input as { workload: StagedWork }).workload))}, since so many stages fill the history of an execution,`,
    },
  )
  .refine(({ workersMax, targetSeconds }) => workersMax !== undefined || targetSeconds === undefined, {
    path: ['targetSeconds'],
    error: 'nothing without `workersMax`',
  });
export type RequestInput = z.input<typeof requestSchema>;

/** What a command line says before it is known where the images are. */
export type PartialRequest = Omit<RequestInput, 'prefix'> & { readonly prefix?: string | undefined };
