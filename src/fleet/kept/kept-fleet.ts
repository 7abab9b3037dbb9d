import * as z from 'zod';
import { engineSchema } from '../../contract/engines.ts';
import { parse } from '../../parse.ts';
import { fleetNameSchema, requestSchema } from '../../run/request.ts';
import { runSchema } from '../../run/run.ts';

/** Longest time that a fleet may be kept, seconds. */
const MOST_SECONDS = 86_400;

/** Shortest, likewise. Step Functions wants it longer than the time after which a head is missed, and a host has to boot in it. */
const LEAST_DEADLINE = 120;

/** The input of an execution that keeps a fleet; docs/fleets.md explains each field. */
export const keptFleetInputSchema = z
  .strictObject({
    engine: requestSchema.shape.engine,
    workers: requestSchema.shape.workers,
    instanceType: requestSchema.shape.instanceType,
    instanceTypes: requestSchema.shape.instanceTypes,
    market: requestSchema.shape.market,
    swap: requestSchema.shape.swap,
    /** Whether its hosts are to have what runs models; those of the engine `grpc` fetch it when they want it. */
    models: z.boolean().default(false),
    /** Seconds without a job after which it ends itself. */
    idle: z.int().min(10).max(MOST_SECONDS).default(1_200),
    /** Seconds after which it ends, whatever it does. */
    deadline: z.int().min(LEAST_DEADLINE).max(MOST_SECONDS).default(14_400),
    /** What makes one start another one than a second at the same moment. */
    nonce: z.string().optional(),
  })
  .refine(({ instanceType, instanceTypes }) => instanceType === undefined || instanceTypes === undefined, {
    path: ['instanceType'],
    error: 'nothing beside `instanceTypes`',
  });
export type KeptFleetInput = z.input<typeof keptFleetInputSchema>;

/** `fleet.json`: what a kept fleet is, from its start on. */
export const keptFleetSchema = z.object({
  /** Its name and which life of it: `ray-4.2`. The execution that keeps it has this name. */
  id: z.string(),
  name: fleetNameSchema,
  stage: z.string(),
  runsBucket: z.string(),
  engine: engineSchema,
  workers: z.int(),
  instanceType: z.string(),
  instanceTypes: runSchema.shape.instanceTypes,
  market: runSchema.shape.market,
  swap: z.int(),
  /** One that was started by an earlier version says nothing of it. */
  models: z.boolean().default(false),
  idle: z.int(),
  deadline: z.int(),
  /** Seconds without a heartbeat of the head after which the fleet counts as lost. */
  heartbeat: z.int(),
  startedAt: z.number(),
  /** Of fanfleet, as it was deployed. */
  version: z.string(),
});
export type KeptFleet = z.infer<typeof keptFleetSchema>;

/** What it runs, too: known once it is launched. */
export const launchedKeptFleetSchema = keptFleetSchema.extend({
  /** Of the engines, the kernels and all else that its hosts have fetched. */
  bundleKey: z.string(),
});
export type LaunchedKeptFleet = z.infer<typeof launchedKeptFleetSchema>;

/** `state.json`, which the head alone writes: at each change, and every ten seconds. */
export const keptFleetStateSchema = z.object({
  state: z.enum(['ready', 'busy', 'ended']),
  /** Epoch milliseconds of this writing. */
  at: z.number(),
  /** When the first job could begin. */
  readyAt: z.number(),
  /** The run that it works for. */
  runId: z.string().nullable(),
  /** Jobs that are over. */
  jobs: z.int(),
  /** Since when it has had nothing to do. */
  idleSince: z.number(),
  workersAlive: z.int(),
  /** Why it ended. */
  reason: z.string().nullable(),
});
export type KeptFleetState = z.infer<typeof keptFleetStateSchema>;

/** `end.json`, which `terminate-fleet` writes once nothing is left of the fleet. */
export const keptFleetEndSchema = z.object({ endedAt: z.number(), reason: z.string() });

/** A line of the queue: a job, or that no more come. */
export const queueEntrySchema = z.union([
  z.object({
    /** Of the user data, as far as they are of a job. */
    variables: z.record(z.string(), z.string()),
    /** Name of the SSM parameter with the task token. */
    parameter: z.string(),
    /** Seconds that it may take from `submittedAt` on, in the queue and at work. */
    deadline: z.int(),
    submittedAt: z.number(),
  }),
  z.object({ end: z.string() }),
]);
export type QueueEntry = z.infer<typeof queueEntrySchema>;

/** What is of the stack and not of the input. */
export interface KeptFleetDeployment {
  readonly stage: string;
  readonly runsBucket: string;
  readonly fleetHeartbeat: number;
  readonly version: string;
}

/**
 * Check the input of an execution that keeps a fleet, and resolve its defaults.
 *
 * @param id the name of the execution
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function resolveKeptFleet(
  input: unknown,
  id: string,
  startedAt: number,
  { stage, runsBucket, fleetHeartbeat, version }: KeptFleetDeployment,
): KeptFleet {
  const { nonce: _, ...asked } = parse(keptFleetInputSchema, input, 'The input of the kept fleet');
  const { instanceType = 't3.medium', instanceTypes = [instanceType], ...rest } = asked;
  return {
    ...rest,
    id,
    name: parse(fleetNameSchema, nameOf(id), 'The name of the execution'),
    stage,
    runsBucket,
    instanceType: instanceTypes[0] ?? instanceType,
    instanceTypes: [...new Set(instanceTypes)],
    heartbeat: Math.min(fleetHeartbeat, asked.deadline - 1),
    startedAt,
    version,
  };
}

/** The name in the id of a life. */
export function nameOf(id: string): string {
  return id.replace(/\.\d+$/, '');
}
