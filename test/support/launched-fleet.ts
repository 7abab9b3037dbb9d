import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  type Instance,
  type LaunchTemplate,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Ec2Endpoint, type Ec2EndpointOptions, startEc2Endpoint } from '../../localstack/ec2/server.ts';
import { type FleetSettings, type LaunchOptions, launchFleet } from '../../src/fleet/launch.ts';
import { parameterName } from '../../src/fleet/secrets.ts';
import { terminateFleet } from '../../src/fleet/terminate.ts';
import { fleetVariables } from '../../src/fleet/variables.ts';
import { resolveRun } from '../../src/run/run.ts';
import { type Emulator, startEmulator } from './emulator.ts';

/** Shows what it was given and what the metadata service has of its user data, then lives on. */
export const SCRIPT = `#!/usr/bin/env bash
set -eu
metadata=$AWS_EC2_METADATA_SERVICE_ENDPOINT
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token")
echo "user-data: $(curl -fsS -H "X-aws-ec2-metadata-token: $token" "$metadata/latest/user-data" | base64 -w0)"
env | grep '^FANFLEET_' | sort
echo ready
exec sleep 600
`;
export const TOKENS = {
  first: 'task-token-of-the-first-call',
  second: 'task-token-of-the-second-call',
};

export const SETTINGS: FleetSettings = {
  instanceProfile: 'fanfleet-test-fleet',
  subnets: 'default',
  securityGroups: undefined,
  amiParameter: '/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id',
  dashboardCidr: undefined,
};

/**
 * An offline AWS and an EC2 endpoint for the tests of a file, and what launches and ends fleets there. After each
 * test no instance may be left.
 *
 * @param options of the endpoint
 */
export function useFleets(options: Partial<Ec2EndpointOptions> = {}) {
  let folder: string;
  let emulator: Emulator;
  let endpoint: Ec2Endpoint;
  let ec2: EC2Client;
  let ssm: SSMClient;
  let runs = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-launch-'));
    emulator = await startEmulator();
    endpoint = await startEc2Endpoint({
      port: 0,
      stateDir: join(folder, 'ec2'),
      graceMs: 500,
      ...options,
    });
    ec2 = new EC2Client({ ...emulator.client, endpoint: endpoint.url });
    ssm = new SSMClient(emulator.client);
  });
  afterAll(async () => {
    ec2?.destroy();
    ssm?.destroy();
    await endpoint?.close();
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    const left = (await instances({})).map(({ InstanceId }) => InstanceId ?? '');
    if (left.length > 0)
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: left, SkipOsShutdown: true }));
    expect(left, 'instances that a test has left').toEqual([]);
  });

  /** What launches the fleet of a new run of two workers. */
  function fleet(fields: Record<string, unknown> = {}, changes: Partial<LaunchOptions> = {}): LaunchOptions {
    runs += 1;
    const run = resolveRun({ prefix: 'x/', workers: 2, ...fields }, `run-${runs}`, 0, {
      stage: 'test',
      dataBucket: 'data',
      requesterPays: false,
      runsBucket: 'runs',
      measureFunction: 'f',
      measureModelFunction: 'f-model',
      models: true,
      memory: 1769,
      concurrency: 2,
      batchSize: 100,
      schedule: 'sequential',
      fleetHeartbeat: 90,
      nativeKernels: { packedFor: ['x64', 'arm64'], functions: 'x64' },
    });
    return {
      ec2,
      ssm,
      run,
      round: 0,
      taskToken: TOKENS.first,
      variables: fleetVariables({
        run,
        round: 0,
        region: 'us-east-1',
        endpoint: emulator.endpoint,
        bundle: { key: 'fleet-bundles/x.tar.gz', sha256: '0'.repeat(64) },
      }),
      settings: SETTINGS,
      scripts: { head: SCRIPT, worker: SCRIPT },
      ...changes,
    };
  }

  /** The ids of the instances of a new fleet, head first. */
  async function launch(options: LaunchOptions): Promise<readonly string[]> {
    return (await launchFleet(options)).instances;
  }

  function terminate({ run }: LaunchOptions, round?: number, waitMs = 10_000) {
    return terminateFleet({ ec2, ssm, stage: run.stage, runId: run.runId, round, waitMs, sleep });
  }

  /** Instances that live, of one run or all. */
  async function instances({ run }: Partial<LaunchOptions>): Promise<Instance[]> {
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down'] },
          ...(run === undefined ? [] : [{ Name: 'tag:fanfleet:run', Values: [run.runId] }]),
        ],
      }),
    );
    return Reservations.flatMap((reservation) => reservation.Instances ?? []);
  }

  /** Launch templates of a run. */
  async function templates({ run }: LaunchOptions): Promise<LaunchTemplate[]> {
    const Filters = [{ Name: 'tag:fanfleet:run', Values: [run.runId] }];
    const { LaunchTemplates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand({ Filters }));
    return LaunchTemplates;
  }

  async function secrets({ run, round }: LaunchOptions) {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: parameterName(run.stage, run.runId, round), WithDecryption: true }),
    );
    const value: { taskToken: string; rayToken: string } = JSON.parse(Parameter?.Value ?? '');
    return { type: Parameter?.Type, ...value };
  }

  /** What `SCRIPT` has printed, once it is ready. */
  async function consoleOf(id: string): Promise<string> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
      const text = Buffer.from(Output, 'base64').toString('utf8');
      if (text.includes('\nready\n')) return text;
      await sleep(50);
    }
    throw new Error(`Expected ${id} to be ready`);
  }

  return {
    /** There from the first test on. */
    get ec2() {
      return ec2;
    },
    get s3() {
      return emulator.s3;
    },
    get endpoint() {
      return emulator.endpoint;
    },
    get ssm() {
      return ssm;
    },
    fleet,
    launch,
    terminate,
    instances,
    templates,
    secrets,
    consoleOf,
  };
}

export const tagsOf = ({ Tags = [] }: Instance) =>
  Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
