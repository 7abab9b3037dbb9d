import * as z from 'zod';
import { accountLimitSchema } from '../contract/account-limit.ts';
import { type Arm, armSchema } from '../contract/arm.ts';
import { engineSchema } from '../contract/engines.ts';
import { KERNEL_CHOICES } from '../contract/kernel-choice.ts';
import { MARKETS } from '../contract/market.ts';
import { SCHEDULES, type Schedule } from '../contract/schedule.ts';
import { IMAGE_FILTERS } from '../dataset/image-type.ts';
import { SHARD_KEYS } from '../dataset/shards/shard-keys.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { hasStages, WORKLOADS } from '../workloads/facts.ts';
import { runsModel } from '../workloads/names.ts';
import { workloadSchema } from '../workloads/schemas.ts';
import { adviceRequestSchema } from './advice-request.ts';
import { resolveImageMemory } from './image-memory.ts';
import { type NativeKernels, resolveKernel } from './kernel.ts';
import { requestSchema } from './request.ts';

/** What runs at the same time: one arm, or both. */
export const passSchema = z.object({
  round: z.int().nonnegative(),
  serverless: z.boolean(),
  fleet: z.boolean(),
});
export type Pass = z.infer<typeof passSchema>;

/** A checked request with every default resolved: what the state machine carries from state to state. */
export const runSchema = z.object({
  runId: z.string(),
  startedAt: z.number(),
  stage: z.string(),
  bucket: z.string(),
  runsBucket: z.string(),
  prefix: z.string(),
  requesterPays: z.boolean(),
  filter: z.enum(IMAGE_FILTERS),
  shardKeys: z.enum(SHARD_KEYS),
  /** Only where a file names the images: where it is, and which of its columns if it is not `key`. */
  keysFrom: z.string().optional(),
  keysColumn: z.string().optional(),
  workload: workloadSchema,
  /** Whether files have to be prepared for all workers before the arms start. */
  hasInputs: z.boolean(),
  /** Whether each arm does the manifest in stages, with a reduce after each. */
  hasStages: z.boolean(),
  /**
   * What workers are told. With `auto` the native kernel is packed for every arm; where one cannot load it, its batches fail in
   * Node, and Pillow does them in Python. With `native` they fail in both.
   */
  kernel: z.enum(KERNEL_CHOICES),
  /** Why `auto` is the portable kernel here; null where it is not, or where the kernel was asked for by name. */
  kernelNote: z.string().nullable(),
  arms: z.array(armSchema),
  engine: engineSchema,
  /** The kept fleet that does the work of the fleet arm, and which life of it; null where one is launched for each round. */
  keptFleet: z.object({ name: z.string(), id: z.string() }).nullable(),
  workers: z.int(),
  /** Only where the fleet may grow. */
  workersMax: z.int().optional(),
  targetSeconds: z.int().optional(),
  /** The preferred one of the types. */
  instanceType: z.string(),
  instanceTypes: z.array(z.string()).min(1),
  market: z.enum(MARKETS),
  swap: z.int(),
  memory: z.int(),
  /** Most MiB that one image may take, in functions and on hosts alike. */
  imageMemory: z.int(),
  configureMemory: z.boolean(),
  measure: z.object({ functionName: z.string() }),
  concurrency: z.int(),
  batchSize: z.int(),
  toleratedFailures: z.number(),
  repeats: z.int(),
  schedule: z.enum(SCHEDULES),
  baseline: z.boolean(),
  fleetDeadline: z.int(),
  fleetHeartbeat: z.int(),
  mapRunPrefix: z.string(),
  /** The earlier run whose finished batches are taken over; null where all is done anew. */
  resume: z.string().nullable(),
  passes: z.array(passSchema).min(1),
  /** Only of runs with the serverless arm: what the account's quota left of `concurrency` and `schedule`. */
  accountLimit: accountLimitSchema.optional(),
  /** Only where it was asked for in another way than it is given anyway. */
  advice: adviceRequestSchema.optional(),
});
export type Run = z.infer<typeof runSchema>;

/** What the stack was deployed with. */
export interface Deployment {
  readonly stage: string;
  readonly dataBucket: string;
  readonly requesterPays: boolean;
  readonly runsBucket: string;
  readonly measureFunction: string;
  /** The same code with ONNX Runtime, for workloads that run a model. */
  readonly measureModelFunction: string;
  /** Whether ONNX Runtime was packed. */
  readonly models: boolean;
  readonly memory: number;
  readonly concurrency: number;
  readonly batchSize: number;
  readonly schedule: Schedule;
  readonly fleetHeartbeat: number;
  /** What of it has the native kernel. */
  readonly nativeKernels: NativeKernels;
}

/**
 * Check an execution input and resolve its defaults.
 *
 * @param joined the kept fleet of `fleet`, whose engine and workers are in the input (`joinKeptFleet`)
 * @throws FanfleetError `INVALID_INPUT` that lists every problem of the input, `NO_MODELS` of a workload that runs a model in a stack
 * that cannot
 */
export function resolveRun(
  input: unknown,
  runId: string,
  startedAt: number,
  deployment: Deployment,
  joined: Run['keptFleet'] = null,
): Run {
  const request = parse(requestSchema, input, 'The execution input');
  if (runsModel(request.workload.name) && !deployment.models) throw noModels(deployment.stage);
  const memory = request.memory ?? deployment.memory;
  const schedule = request.schedule ?? deployment.schedule;
  const { instanceType = 't3.medium', instanceTypes = [instanceType] } = request;
  const { kernel, kernelNote } = resolveKernel(
    request.kernel,
    { ...request, instanceTypes },
    deployment.nativeKernels,
  );
  return {
    runId,
    startedAt,
    stage: deployment.stage,
    bucket: request.bucket ?? deployment.dataBucket,
    runsBucket: deployment.runsBucket,
    prefix: request.prefix,
    requesterPays: request.requesterPays ?? deployment.requesterPays,
    filter: request.filter,
    shardKeys: request.shardKeys,
    ...(request.keysFrom === undefined ? {} : { keysFrom: request.keysFrom }),
    ...(request.keysColumn === undefined ? {} : { keysColumn: request.keysColumn }),
    workload: request.workload,
    hasInputs: WORKLOADS[request.workload.name].inputs.length > 0,
    hasStages: hasStages(request.workload.name),
    kernel,
    kernelNote,
    arms: [...new Set(request.arms)],
    engine: request.engine,
    keptFleet: joined,
    workers: request.workers,
    ...(request.workersMax === undefined ? {} : { workersMax: request.workersMax }),
    ...(request.targetSeconds === undefined ? {} : { targetSeconds: request.targetSeconds }),
    instanceType: instanceTypes[0] ?? instanceType,
    instanceTypes: [...new Set(instanceTypes)],
    market: request.market,
    swap: request.swap,
    memory,
    imageMemory: resolveImageMemory(request.imageMemory, {
      memory: request.arms.includes('serverless') ? memory : null,
      instanceTypes: request.arms.includes('fleet') ? instanceTypes : [],
    }),
    configureMemory: request.arms.includes('serverless') && memory !== deployment.memory,
    measure: {
      functionName: runsModel(request.workload.name)
        ? deployment.measureModelFunction
        : deployment.measureFunction,
    },
    concurrency: request.concurrency ?? deployment.concurrency,
    batchSize: request.batchSize ?? deployment.batchSize,
    toleratedFailures: request.toleratedFailures,
    repeats: request.repeats,
    schedule,
    baseline: request.baseline ?? !hasStages(request.workload.name),
    fleetDeadline: request.fleetDeadline,
    fleetHeartbeat: Math.min(deployment.fleetHeartbeat, request.fleetDeadline - 1),
    mapRunPrefix: `runs/${runId}/map-run`,
    resume: request.resume ?? null,
    passes: passes(request.arms, schedule, request.repeats),
    ...(request.advice === undefined ? {} : { advice: request.advice }),
  };
}

function noModels(stage: string): FanfleetError {
  const how =
    stage === 'local'
      ? '`node scripts/install-engine.mjs models`, and then `fanfleet deploy`'
      : `\`sls deploy --stage ${stage} --param="models=true"\` (docs/operations.md)`;
  const message = `Expected the stack ${stage} to have ONNX Runtime, which runs models, but it was deployed without: ${how}.`;
  return new FanfleetError('NO_MODELS', message, { source: 'user' });
}

/** The passes of a run; repeats are interleaved (A B A B), so that drift meets both arms alike. */
export function passes(arms: readonly Arm[], schedule: Schedule, repeats: number): Pass[] {
  const serverless = arms.includes('serverless');
  const fleet = arms.includes('fleet');
  const rounds = Array.from({ length: repeats }, (_, round) => round);
  if (schedule === 'parallel') return rounds.map((round) => ({ round, serverless, fleet }));
  return rounds.flatMap((round) => [
    ...(serverless ? [{ round, serverless: true, fleet: false }] : []),
    ...(fleet ? [{ round, serverless: false, fleet: true }] : []),
  ]);
}
