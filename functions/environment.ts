import { isIPv4 } from 'node:net';
import { SCHEDULES } from '../src/contract/schedule.ts';
import { type Fields, readFields } from '../src/fields.ts';
import type { FleetSettings } from '../src/fleet/launch.ts';
import type { Deployment } from '../src/run/run.ts';

/**
 * The environment of a Lambda function: `serverless.yml` sets each variable, AWS the ones without our prefix.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function readEnvironment() {
  return readFields(process.env, 'The environment of the function', (variables) => ({
    FANFLEET_STAGE: variables.text('FANFLEET_STAGE'),
    FANFLEET_DATA_BUCKET: variables.text('FANFLEET_DATA_BUCKET'),
    FANFLEET_REQUESTER_PAYS: variables.oneOf('FANFLEET_REQUESTER_PAYS', ['true', 'false']),
    FANFLEET_RUNS_BUCKET: variables.text('FANFLEET_RUNS_BUCKET'),
    FANFLEET_MEASURE_FUNCTION: variables.text('FANFLEET_MEASURE_FUNCTION'),
    FANFLEET_MEASURE_MODEL_FUNCTION: variables.text('FANFLEET_MEASURE_MODEL_FUNCTION'),
    FANFLEET_MEMORY: integer(variables, 'FANFLEET_MEMORY'),
    FANFLEET_CONCURRENCY: integer(variables, 'FANFLEET_CONCURRENCY'),
    FANFLEET_BATCH_SIZE: integer(variables, 'FANFLEET_BATCH_SIZE'),
    FANFLEET_SCHEDULE: variables.oneOf('FANFLEET_SCHEDULE', SCHEDULES),
    FANFLEET_FLEET_HEARTBEAT: integer(variables, 'FANFLEET_FLEET_HEARTBEAT'),
    FANFLEET_NATIVE_KERNELS: variables.text('FANFLEET_NATIVE_KERNELS', 0),
    FANFLEET_MODELS: variables.oneOf('FANFLEET_MODELS', ['true', 'false']),
    FANFLEET_INSTANCE_PROFILE: variables.text('FANFLEET_INSTANCE_PROFILE'),
    FANFLEET_SUBNETS: variables.text('FANFLEET_SUBNETS'),
    FANFLEET_SECURITY_GROUPS: variables.text('FANFLEET_SECURITY_GROUPS', 0),
    FANFLEET_AMI_PARAMETER: variables.text('FANFLEET_AMI_PARAMETER'),
    FANFLEET_DASHBOARD_CIDR: variables.take(
      'FANFLEET_DASHBOARD_CIDR',
      'IPv4 address with /32, or nothing',
      isHostCidr,
      '',
    ),
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
    /** Only offline: where EC2 is. */
    AWS_ENDPOINT_URL_EC2: variables.optional('AWS_ENDPOINT_URL_EC2', (name) =>
      variables.take(name, 'url text', isUrl, ''),
    ),
    /** Only offline: where the hosts of the fleet find AWS, if they cannot reach this machine. */
    FANFLEET_HOST_ENDPOINT_URL: variables.optional('FANFLEET_HOST_ENDPOINT_URL', (name) =>
      variables.take(name, 'url text', isUrl, ''),
    ),
  }));
}
export type Environment = ReturnType<typeof readEnvironment>;

export function deploymentOf(environment: Environment): Deployment {
  return {
    stage: environment.FANFLEET_STAGE,
    dataBucket: environment.FANFLEET_DATA_BUCKET,
    requesterPays: environment.FANFLEET_REQUESTER_PAYS === 'true',
    runsBucket: environment.FANFLEET_RUNS_BUCKET,
    measureFunction: environment.FANFLEET_MEASURE_FUNCTION,
    measureModelFunction: environment.FANFLEET_MEASURE_MODEL_FUNCTION,
    models: environment.FANFLEET_MODELS === 'true',
    memory: environment.FANFLEET_MEMORY,
    concurrency: environment.FANFLEET_CONCURRENCY,
    batchSize: environment.FANFLEET_BATCH_SIZE,
    schedule: environment.FANFLEET_SCHEDULE,
    fleetHeartbeat: environment.FANFLEET_FLEET_HEARTBEAT,
    nativeKernels: {
      packedFor: environment.FANFLEET_NATIVE_KERNELS.split(','),
      // All functions of a stack are of one processor.
      functions: process.arch,
    },
  };
}

/** What launching a fleet needs of it. */
export function fleetSettingsOf(environment: Environment): FleetSettings {
  const { FANFLEET_SUBNETS: subnets, FANFLEET_DASHBOARD_CIDR: dashboardCidr } = environment;
  const [head, worker] = environment.FANFLEET_SECURITY_GROUPS.split(',');
  return {
    instanceProfile: environment.FANFLEET_INSTANCE_PROFILE,
    subnets: subnets === 'default' ? subnets : subnets.split(',').map((id) => id.trim()),
    securityGroups: head === undefined || worker === undefined ? undefined : { head, worker },
    amiParameter: environment.FANFLEET_AMI_PARAMETER,
    dashboardCidr: dashboardCidr === '' ? undefined : dashboardCidr,
  };
}

function integer(variables: Fields, name: string): number {
  return Number(variables.take(name, 'integer', isDigits, '0'));
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,15}$/.test(value);
}

function isHostCidr(value: unknown): value is string {
  return value === '' || (typeof value === 'string' && /\/32$/.test(value) && isIPv4(value.slice(0, -3)));
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value);
}
