import { createHash, randomBytes } from 'node:crypto';
import {
  type _InstanceType,
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { layout } from '../run/layout.ts';
import type { Run } from '../run/run.ts';
import type { Bundle } from './bundle.ts';
import { ensureSecurityGroups } from './security-groups.ts';
import { userData } from './user-data.ts';

export interface LaunchOptions {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly run: Run;
  readonly round: number;
  readonly taskToken: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly instanceProfile: string;
  readonly bundle: Bundle;
  readonly scripts: { readonly head: string; readonly worker: string };
}

/** Workers may join so long; the head goes on with those that came. */
const JOIN_DEADLINE_S = 300;
/** How much later than the arm's deadline an instance ends itself, when nothing else has ended it. */
const SELF_TERMINATION_MARGIN_S = 600;
const ROOT_VOLUME_GIB = 16;

const secretsSchema = z.object({ rayToken: z.string() });

/** The name of the SecureString with the secrets of one fleet; `terminate-fleet` deletes it. */
export function parameterName(stage: string, runId: string, round: number): string {
  return `${parameterPath(stage, runId)}/round-${round}`;
}

/** What the names of all secrets of a run begin with. */
export function parameterPath(stage: string, runId: string): string {
  return `/fanfleet/${stage}/${runId}`;
}

/**
 * Start one head and its workers. Calling it again with the same run and round starts nothing more: the client
 * tokens are made of them.
 *
 * @returns the instance ids, head first
 */
export async function launchFleet(options: LaunchOptions): Promise<readonly string[]> {
  const { ec2, run, round } = options;
  await putSecrets(options.ssm, parameterName(run.stage, run.runId, round), options.taskToken);
  const groups = await ensureSecurityGroups(ec2, run.stage);
  const variables = fleetVariables(options);
  const [head] = await start(options, 'head', 1, groups.head, userData(options.scripts.head, variables));
  const address = head?.PrivateIpAddress;
  if (address === undefined) {
    throw new FanfleetError('NO_ADDRESS', 'Expected the head to have a private address but EC2 gave none.', {
      source: 'aws',
    });
  }
  const workers = await start(
    options,
    'worker',
    run.workers,
    groups.worker,
    userData(options.scripts.worker, { ...variables, FANFLEET_HEAD_ADDRESS: address }),
  );
  return [head, ...workers].map((instance) => instance?.InstanceId ?? '');
}

/**
 * The secrets of the fleet. Another attempt at the same launch has a new task token, but keeps Ray's: a head that
 * has read it already must still match the workers that read it later.
 */
async function putSecrets(ssm: SSMClient, name: string, taskToken: string): Promise<void> {
  const rayToken = (await readRayToken(ssm, name)) ?? randomBytes(32).toString('hex');
  await ssm.send(
    new PutParameterCommand({
      Name: name,
      Type: 'SecureString',
      Overwrite: true,
      Value: JSON.stringify({ taskToken, rayToken }),
    }),
  );
}

async function readRayToken(ssm: SSMClient, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return parse(secretsSchema, JSON.parse(Parameter?.Value ?? '{}'), 'The secrets of the fleet').rayToken;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

/** The header of the user data; docs/architecture.md lists the variables. None is a secret. */
export function fleetVariables(
  options: Pick<LaunchOptions, 'run' | 'round' | 'region' | 'endpoint' | 'bundle'>,
): Record<string, string> {
  const { run, round, bundle } = options;
  return {
    FANFLEET_RUN_ID: run.runId,
    FANFLEET_ROUND: String(round),
    FANFLEET_STAGE: run.stage,
    FANFLEET_REGION: options.region,
    FANFLEET_RUNS_BUCKET: run.runsBucket,
    FANFLEET_DATA_BUCKET: run.bucket,
    ...(options.endpoint === undefined ? {} : { FANFLEET_ENDPOINT_URL: options.endpoint }),
    FANFLEET_PARAMETER: parameterName(run.stage, run.runId, round),
    FANFLEET_BUNDLE_KEY: bundle.key,
    FANFLEET_BUNDLE_SHA256: bundle.sha256,
    FANFLEET_ENGINE: run.engine,
    FANFLEET_OPERATION: run.operation,
    FANFLEET_NORMALISATION: JSON.stringify(run.normalisation),
    FANFLEET_WORKERS: String(run.workers),
    FANFLEET_JOIN_DEADLINE_S: String(Math.min(JOIN_DEADLINE_S, Math.floor(run.fleetDeadline / 2))),
    FANFLEET_DEADLINE_S: String(run.fleetDeadline + SELF_TERMINATION_MARGIN_S),
    FANFLEET_JOB_DEADLINE_S: String(run.fleetDeadline),
    FANFLEET_SWAP_GIB: String(run.swap),
  };
}

async function start(
  options: LaunchOptions,
  role: 'head' | 'worker',
  count: number,
  group: string,
  data: string,
): Promise<readonly Instance[]> {
  const { run, round } = options;
  const input: RunInstancesCommandInput = {
    ClientToken: clientToken(run.runId, round, role),
    ImageId: imageId(run.instanceType),
    InstanceType: run.instanceType as _InstanceType,
    MinCount: count,
    MaxCount: count,
    SecurityGroupIds: [group],
    IamInstanceProfile: { Name: options.instanceProfile },
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/sda1',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: ROOT_VOLUME_GIB,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    UserData: data,
    TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: fleetTags(run, round, role),
    })),
  };
  const { Instances } = await options.ec2.send(new RunInstancesCommand(input));
  return Instances ?? [];
}

function fleetTags(run: Run, round: number, role: string) {
  return [
    { Key: 'Name', Value: `fanfleet-${run.stage}-${role}` },
    { Key: 'fanfleet:stage', Value: run.stage },
    { Key: 'fanfleet:run', Value: run.runId },
    { Key: 'fanfleet:round', Value: String(round) },
    { Key: 'fanfleet:role', Value: role },
    { Key: 'fanfleet:results', Value: layout.arm(run.runId, 'fleet', round) },
  ];
}

/** At most 64 ASCII characters, the same for the same fleet. */
function clientToken(runId: string, round: number, role: string): string {
  return createHash('sha256').update(`${runId}/${round}/${role}`).digest('hex');
}

/** Ubuntu 24.04 for the processor of the instance type, by Canonical's public SSM parameter. */
export function imageId(instanceType: string): string {
  return `resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture(instanceType)}/hvm/ebs-gp3/ami-id`;
}

/** Graviton families have a `g` behind the generation's number: t4g, c7gn, m8gd. The old a1 is Graviton too. */
function architecture(instanceType: string): 'arm64' | 'amd64' {
  const family = instanceType.split('.')[0] ?? '';
  return /^[a-z]+\d+g[a-z]*$/.test(family) || family === 'a1' ? 'arm64' : 'amd64';
}
