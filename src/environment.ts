import { z } from 'zod';
import { parse } from './parse.ts';
import { scheduleSchema } from './run/request.ts';
import type { Deployment } from './run/run.ts';

/**
 * The environment of a Lambda function: `serverless.yml` sets each variable, AWS the ones without our prefix.
 * Nothing outside this module reads an environment.
 */
const environmentSchema = z.object({
  FANFLEET_STAGE: z.string().min(1),
  FANFLEET_DATA_BUCKET: z.string().min(1),
  FANFLEET_RUNS_BUCKET: z.string().min(1),
  FANFLEET_MEASURE_FUNCTION: z.string().min(1),
  FANFLEET_MEMORY: z.coerce.number().int(),
  FANFLEET_CONCURRENCY: z.coerce.number().int(),
  FANFLEET_SCHEDULE: scheduleSchema,
  FANFLEET_FLEET_HEARTBEAT: z.coerce.number().int(),
  FANFLEET_INSTANCE_PROFILE: z.string().min(1),
  AWS_REGION: z.string().min(1),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().int(),
  AWS_LAMBDA_LOG_STREAM_NAME: z.string().default('local'),
  LAMBDA_TASK_ROOT: z.string().default(''),
  /** Only offline: where AWS is. */
  AWS_ENDPOINT_URL: z.url().optional(),
});
export type Environment = z.infer<typeof environmentSchema>;

export function readEnvironment(): Readonly<Environment> {
  return parse(environmentSchema, process.env, 'The environment of the function');
}

export function deploymentOf(environment: Environment): Deployment {
  return {
    stage: environment.FANFLEET_STAGE,
    dataBucket: environment.FANFLEET_DATA_BUCKET,
    runsBucket: environment.FANFLEET_RUNS_BUCKET,
    measureFunction: environment.FANFLEET_MEASURE_FUNCTION,
    memory: environment.FANFLEET_MEMORY,
    concurrency: environment.FANFLEET_CONCURRENCY,
    schedule: environment.FANFLEET_SCHEDULE,
    fleetHeartbeat: environment.FANFLEET_FLEET_HEARTBEAT,
  };
}

const shellSchema = z.object({
  FANFLEET_HOME: z.string().optional(),
  FANFLEET_PORT: z.coerce.number().int().min(1).max(65_535).default(4566),
  FANFLEET_EC2_PORT: z.coerce.number().int().min(1).max(65_535).default(4577),
  AWS_REGION: z.string().optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  HOME: z.string().default('/'),
});
export type Shell = z.infer<typeof shellSchema>;

/** What the command line reads of its environment; AWS credentials are left to the SDK. */
export function readShell(): Readonly<Shell> {
  return parse(shellSchema, process.env, 'The environment');
}

/** The environment for a program that must not see our settings for another AWS. */
export function withoutAws(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('AWS_'),
    ),
  );
}
