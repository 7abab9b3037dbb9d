import { type Fields, readFields } from './fields.ts';
import type { Deployment } from './run/run.ts';
import { SCHEDULES } from './run/schedule.ts';

/**
 * The environment of a Lambda function: `serverless.yml` sets each variable, AWS the ones without our prefix.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function readEnvironment() {
  return readFields(process.env, 'The environment of the function', (variables) => ({
    FANFLEET_STAGE: variables.text('FANFLEET_STAGE'),
    FANFLEET_DATA_BUCKET: variables.text('FANFLEET_DATA_BUCKET'),
    FANFLEET_RUNS_BUCKET: variables.text('FANFLEET_RUNS_BUCKET'),
    FANFLEET_MEASURE_FUNCTION: variables.text('FANFLEET_MEASURE_FUNCTION'),
    FANFLEET_MEMORY: integer(variables, 'FANFLEET_MEMORY'),
    FANFLEET_CONCURRENCY: integer(variables, 'FANFLEET_CONCURRENCY'),
    FANFLEET_SCHEDULE: variables.oneOf('FANFLEET_SCHEDULE', SCHEDULES),
    FANFLEET_FLEET_HEARTBEAT: integer(variables, 'FANFLEET_FLEET_HEARTBEAT'),
    FANFLEET_INSTANCE_PROFILE: variables.text('FANFLEET_INSTANCE_PROFILE'),
    AWS_REGION: variables.text('AWS_REGION'),
    AWS_ACCESS_KEY_ID: variables.text('AWS_ACCESS_KEY_ID'),
    AWS_SECRET_ACCESS_KEY: variables.text('AWS_SECRET_ACCESS_KEY'),
    AWS_SESSION_TOKEN: variables.optional('AWS_SESSION_TOKEN', (name) => variables.text(name, 0)),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: integer(variables, 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    AWS_LAMBDA_LOG_STREAM_NAME: process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? 'local',
    LAMBDA_TASK_ROOT: process.env.LAMBDA_TASK_ROOT ?? '',
    /** Only offline: where AWS is. */
    AWS_ENDPOINT_URL: variables.optional('AWS_ENDPOINT_URL', (name) =>
      variables.take(name, 'url text', isUrl, ''),
    ),
  }));
}
export type Environment = ReturnType<typeof readEnvironment>;

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

function integer(variables: Fields, name: string): number {
  return Number(variables.take(name, 'integer', isDigits, '0'));
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,15}$/.test(value);
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value);
}
