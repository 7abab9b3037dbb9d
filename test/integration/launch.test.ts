import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ec2Endpoint, startEc2Endpoint } from '../../localstack/ec2/server.ts';
import { packBundle, uploadBundle } from '../../src/fleet/bundle.ts';
import { type LaunchOptions, launchFleet, parameterName } from '../../src/fleet/launch.ts';
import { terminateFleet } from '../../src/fleet/terminate.ts';
import { resolveRun } from '../../src/run/run.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Shows what it was given and what the metadata service has of its user data, then lives on. */
const SCRIPT = `#!/usr/bin/env bash
set -eu
metadata=$AWS_EC2_METADATA_SERVICE_ENDPOINT
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token")
echo "user-data: $(curl -fsS -H "X-aws-ec2-metadata-token: $token" "$metadata/latest/user-data" | base64 -w0)"
env | grep '^FANFLEET_' | sort
echo ready
exec sleep 600
`;
const TOKENS = { first: 'task-token-of-the-first-call', second: 'task-token-of-the-second-call' };

let folder: string;
let emulator: Emulator;
let endpoint: Ec2Endpoint;
let ec2: EC2Client;
let ssm: SSMClient;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-launch-'));
  emulator = await startEmulator();
  endpoint = await startEc2Endpoint({ port: 0, stateDir: join(folder, 'ec2'), graceMs: 500 });
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
  const ids = (await instances({})).map(({ InstanceId }) => InstanceId ?? '');
  if (ids.length > 0)
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids, SkipOsShutdown: true }));
  expect(ids, 'instances that a test has left').toEqual([]);
});

function fleet(fields: Record<string, unknown> = {}, changes: Partial<LaunchOptions> = {}): LaunchOptions {
  runs += 1;
  const run = resolveRun({ prefix: 'x/', workers: 2, ...fields }, `run-${runs}`, 0, {
    stage: 'test',
    dataBucket: 'data',
    runsBucket: 'runs',
    measureFunction: 'f',
    memory: 1769,
    concurrency: 2,
    schedule: 'sequential',
    fleetHeartbeat: 90,
  });
  return {
    ec2,
    ssm,
    run,
    round: 0,
    taskToken: TOKENS.first,
    region: 'us-east-1',
    endpoint: emulator.endpoint,
    instanceProfile: 'fanfleet-test-fleet',
    bundle: { key: 'fleet-bundles/x.tar.gz', sha256: '0'.repeat(64), body: Buffer.alloc(0) },
    scripts: { head: SCRIPT, worker: SCRIPT },
    ...changes,
  };
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

async function secrets({ run, round }: LaunchOptions) {
  const { Parameter } = await ssm.send(
    new GetParameterCommand({ Name: parameterName(run.stage, run.runId, round), WithDecryption: true }),
  );
  const value: { taskToken: string; rayToken: string } = JSON.parse(Parameter?.Value ?? '');
  return { type: Parameter?.Type, ...value };
}

async function consoleOf(id: string): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
    const text = Buffer.from(Output, 'base64').toString('utf8');
    if (text.includes('\nready\n')) return text;
    await sleep(50);
  }
  throw new Error(`Expected ${id} to be ready`);
}

const tagsOf = ({ Tags = [] }: Instance) => Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));

describe('launchFleet', () => {
  it('starts a head and its workers, each with its role, its address of the head and its tags', async () => {
    // Act
    const options = fleet();
    const ids = await launchFleet(options);
    const found = new Map((await instances(options)).map((instance) => [instance.InstanceId, instance]));
    const all = ids.map((id) => found.get(id) as Instance);
    const consoles = await Promise.all(ids.map(consoleOf));

    // Assess
    expect(found.size).toBe(3);
    expect(all.map((instance) => tagsOf(instance)['fanfleet:role'])).toEqual(['head', 'worker', 'worker']);
    expect(tagsOf(all[0] as Instance)).toEqual({
      Name: 'fanfleet-test-head',
      'fanfleet:stage': 'test',
      'fanfleet:run': options.run.runId,
      'fanfleet:round': '0',
      'fanfleet:role': 'head',
      'fanfleet:results': `runs/${options.run.runId}/fleet/round-0/`,
    });
    expect(consoles[0]).not.toContain('FANFLEET_HEAD_ADDRESS');
    for (const text of consoles.slice(1)) {
      expect(text).toContain(`FANFLEET_HEAD_ADDRESS=${all[0]?.PrivateIpAddress}\n`);
    }
    await terminate(options);
  });

  it('demands version 2 of the metadata service, an encrypted gp3 volume, and the end on shutdown', async () => {
    // Prepare: the endpoint keeps what it needs only, so the calls are looked at
    const calls: Record<string, unknown>[] = [];
    const watched = new EC2Client({ ...emulator.client, endpoint: endpoint.url });
    watched.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === 'RunInstancesCommand') calls.push(args.input as Record<string, unknown>);
        return next(args);
      },
      { step: 'initialize' },
    );
    const options = fleet({ instanceType: 't4g.small', workers: 1 }, { ec2: watched });

    // Act
    const ids = await launchFleet(options);
    watched.destroy();

    // Assess
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      expect(call).toMatchObject({
        InstanceType: 't4g.small',
        ImageId: expect.stringContaining('/arm64/'),
        InstanceInitiatedShutdownBehavior: 'terminate',
        IamInstanceProfile: { Name: 'fanfleet-test-fleet' },
        MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true } }],
      });
      expect(call).not.toHaveProperty('KeyName');
      const types = (call.TagSpecifications as { ResourceType: string }[]).map(
        ({ ResourceType }) => ResourceType,
      );
      expect(types).toEqual(['instance', 'volume']);
    }
    for (const { MetadataOptions, Architecture } of await instances(options)) {
      expect({ ...MetadataOptions, Architecture }).toMatchObject({
        HttpTokens: 'required',
        Architecture: 'arm64',
      });
    }
    expect(await terminate(options)).toHaveLength(ids.length);
  });

  it('gives no secret away: neither in the user data nor in the environment nor on the console', async () => {
    // Act
    const options = fleet();
    const ids = await launchFleet(options);
    const { type, taskToken, rayToken } = await secrets(options);
    const consoles = await Promise.all(ids.map(consoleOf));

    // Assess
    expect({ type, taskToken }).toEqual({ type: 'SecureString', taskToken: TOKENS.first });
    expect(rayToken).toMatch(/^[0-9a-f]{64}$/);
    for (const text of consoles) {
      const userData = Buffer.from(/user-data: (\S+)/.exec(text)?.[1] ?? '', 'base64').toString('utf8');
      expect(userData).toContain("export FANFLEET_PARAMETER='/fanfleet/test/");
      for (const secret of [taskToken, rayToken]) {
        expect(userData).not.toContain(secret);
        expect(text).not.toContain(secret);
      }
    }
    await terminate(options);
  });

  it('starts nothing more when it is called again, and keeps the token of a Ray that may be up', async () => {
    // Prepare
    const options = fleet();
    const first = await launchFleet(options);
    const before = await secrets(options);

    // Act: Lambda lost the first answer, and the state was tried again with a new task token
    const second = await launchFleet({ ...options, taskToken: TOKENS.second });
    const after = await secrets(options);

    // Assess
    expect(second).toEqual(first);
    expect(await instances(options)).toHaveLength(3);
    expect(before.taskToken).toBe(TOKENS.first);
    expect(after).toEqual({ ...before, taskToken: TOKENS.second });
    await terminate(options);
  });

  it('keeps the rounds of a run apart, with their own tokens', async () => {
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const ids = [...(await launchFleet(options)), ...(await launchFleet(next))];
    expect(new Set(ids).size).toBe(4);
    expect((await secrets(options)).rayToken).not.toBe((await secrets(next)).rayToken);
    await terminate(options);
  });
});

describe('the security groups', () => {
  it('let workers reach the head and each other, and nobody else reach anything', async () => {
    // Prepare: two launches at once, as two runs of one stage may come
    const both = [fleet({ workers: 1 }), fleet({ workers: 1 })];
    await Promise.all(both.map((options) => launchFleet(options)));

    // Act
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['fanfleet-test-*'] }] }),
    );

    // Assess
    const idOf = (role: string) =>
      SecurityGroups.find(({ GroupName }) => GroupName === `fanfleet-test-${role}`)?.GroupId;
    expect(SecurityGroups.map(({ GroupName }) => GroupName).toSorted()).toEqual([
      'fanfleet-test-head',
      'fanfleet-test-worker',
    ]);
    const sources = (role: string) => {
      const group = SecurityGroups.find(({ GroupId }) => GroupId === idOf(role));
      const rules = group?.IpPermissions ?? [];
      expect(
        rules.flatMap(({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }) =>
          [IpRanges, Ipv6Ranges, PrefixListIds].flat(),
        ),
      ).toEqual([]);
      for (const { IpProtocol, FromPort, ToPort } of rules) {
        expect({ IpProtocol, FromPort, ToPort }).toEqual({
          IpProtocol: 'tcp',
          FromPort: 1024,
          ToPort: 65_535,
        });
      }
      return rules
        .flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.map(({ GroupId }) => GroupId))
        .toSorted();
    };
    expect(sources('head')).toEqual([idOf('worker')]);
    expect(sources('worker')).toEqual([idOf('head'), idOf('worker')].toSorted());
    for (const options of both) {
      for (const instance of await instances(options)) {
        const role = tagsOf(instance)['fanfleet:role'] ?? '';
        expect(instance.SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([idOf(role)]);
      }
      await terminate(options);
    }
  });
});

describe('terminateFleet', () => {
  const parameterOf = (options: LaunchOptions) =>
    secrets(options).then(
      () => 'there',
      (error) => error,
    );

  it('ends every instance of the run and deletes its secrets, of all rounds if none is named', async () => {
    // Prepare
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const other = fleet({ workers: 1 });
    const ids = [...(await launchFleet(options)), ...(await launchFleet(next))];
    await launchFleet(other);

    // Act
    const ended = await terminate(options);

    // Assess
    expect(ended.toSorted()).toEqual(ids.toSorted());
    expect(await instances(options)).toEqual([]);
    for (const gone of [options, next]) expect(await parameterOf(gone)).toBeInstanceOf(ParameterNotFound);
    expect(await instances(other)).toHaveLength(2);
    expect(await parameterOf(other)).toBe('there');
    await terminate(other);
  });

  it('ends one round, and leaves the others', async () => {
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const first = await launchFleet(options);
    const second = await launchFleet(next);
    expect((await terminate(options, 0)).toSorted()).toEqual(first.toSorted());
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
    expect(await parameterOf(next)).toBe('there');
    expect((await terminate(options, 1)).toSorted()).toEqual(second.toSorted());
  });

  it('may be called again, for a run that never was, and for one whose launch broke off', async () => {
    // Prepare: the head is up, the workers could not be started
    const options = fleet({}, { scripts: { head: SCRIPT, worker: 'no script' } });
    await expect(launchFleet(options)).rejects.toMatchObject({ name: 'InvalidUserData.Malformed' });

    // Act
    const ended = await terminate(options, 0);

    // Assess
    expect(ended).toHaveLength(1);
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
    expect(await terminate(options, 0)).toEqual([]);
    expect(await terminate(options)).toEqual([]);
    expect(await terminate(fleet())).toEqual([]);
  });

  it('returns when all are gone, also those that another call is ending', async () => {
    // Prepare: hosts that use the whole grace
    const slow = SCRIPT.replace('exec sleep 600', "trap '' TERM; while :; do sleep 600 & wait $!; done");
    const options = fleet({ workers: 1 }, { scripts: { head: slow, worker: slow } });
    const InstanceIds = [...(await launchFleet(options))];
    await Promise.all(InstanceIds.map(consoleOf));

    // Act
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await terminate(options);

    // Assess
    expect(await instances(options)).toEqual([]);
  });

  it('deletes the secrets of a run whose instances have ended themselves', async () => {
    const options = fleet({ workers: 1 });
    const InstanceIds = [...(await launchFleet(options))];
    await ec2.send(new TerminateInstancesCommand({ InstanceIds, SkipOsShutdown: true }));
    await expect.poll(() => instances(options), { timeout: 10_000 }).toEqual([]);
    expect(await terminate(options)).toEqual([]);
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
  });

  it('says which instances are still there when they do not end in time', async () => {
    const stubborn = SCRIPT.replace('exec sleep 600', "trap '' TERM; while :; do sleep 600 & wait $!; done");
    const options = fleet({ workers: 1 }, { scripts: { head: stubborn, worker: stubborn } });
    const ids = await launchFleet(options);
    await Promise.all(ids.map(consoleOf));
    const failure = terminate(options, undefined, 0);
    await expect(failure).rejects.toMatchObject({ code: 'FLEET_NOT_TERMINATED', source: 'aws' });
    await expect(failure).rejects.toThrow(ids[0]);
    await expect.poll(() => instances(options), { timeout: 10_000 }).toEqual([]);
  });
});

describe('the bundle', () => {
  const tree = async (name: string) => {
    const root = join(folder, name);
    await mkdir(root);
    for (const part of ['ec2-workers', 'pyproject.toml', 'uv.lock']) {
      await cp(join(ROOT, part), join(root, part), { recursive: true });
    }
    return root;
  };

  it('has the same key and the same bytes for the same files, and another one after a change', async () => {
    // Prepare
    const [a, b] = [await tree('a'), await tree('b')];
    await mkdir(join(b, 'ec2-workers', '__pycache__'), { recursive: true });
    await writeFile(join(b, 'ec2-workers', '__pycache__', 'kernel.cpython-311.pyc'), 'bytecode');

    // Act
    const [first, second] = [await packBundle(a), await packBundle(b)];
    await writeFile(join(b, 'ec2-workers', 'lib.sh'), '# changed\n', { flag: 'a' });
    const changed = await packBundle(b);

    // Assess
    expect(first.key).toMatch(/^fleet-bundles\/[0-9a-f]{16}\.tar\.gz$/);
    expect(second).toEqual(first);
    expect(changed.key).not.toBe(first.key);
    expect(changed.sha256).not.toBe(first.sha256);
  });

  it('is uploaded once, and again where other bytes lie under its key', async () => {
    // Prepare
    const Bucket = 'launch-runs';
    await emulator.s3.send(new CreateBucketCommand({ Bucket }));
    const bundle = await packBundle(ROOT);
    const modified = async () => {
      const { Contents = [] } = await emulator.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key, Size }) => [Key, Size]);
    };
    let puts = 0;
    emulator.s3.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === 'PutObjectCommand') puts += 1;
        return next(args);
      },
      { step: 'initialize', name: 'count-puts' },
    );

    // Act and assess
    await uploadBundle(emulator.s3, Bucket, bundle);
    await uploadBundle(emulator.s3, Bucket, bundle);
    expect(puts).toBe(1);
    expect(await modified()).toEqual([[bundle.key, bundle.body.length]]);
    emulator.s3.middlewareStack.remove('count-puts');

    await emulator.s3.send(new PutObjectCommand({ Bucket, Key: bundle.key, Body: 'half a bundle' }));
    await uploadBundle(emulator.s3, Bucket, bundle);
    const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket, Key: bundle.key }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bundle.body)).toBe(true);
  });
});
