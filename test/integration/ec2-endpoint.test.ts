import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  type Instance,
  paginateDescribeInstances,
  RebootInstancesCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemProcessTable } from '../../localstack/ec2/hosts/process-table.ts';
import { type Ec2Endpoint, type Ec2EndpointOptions, startEc2Endpoint } from '../../localstack/ec2/server.ts';

const run = promisify(execFile);
const MAIN = new URL('../../localstack/ec2/main.ts', import.meta.url).pathname;
const PYTHON = new URL('../../.venv/bin/python', import.meta.url).pathname;

let folder = '';
let endpoint: Ec2Endpoint;
let ec2: EC2Client;
const notes: string[] = [];

function clientOf(url: string): EC2Client {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new EC2Client({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

function start(name: string, options: Partial<Ec2EndpointOptions> = {}): Promise<Ec2Endpoint> {
  return startEc2Endpoint({
    port: 0,
    stateDir: join(folder, name),
    graceMs: 500,
    notify: (message) => notes.push(message),
    ...options,
  });
}

async function launch(
  script: string | undefined,
  more: Partial<RunInstancesCommandInput> = {},
  client = ec2,
): Promise<Instance[]> {
  const { Instances = [] } = await client.send(
    new RunInstancesCommand({
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: 'c7g.large',
      MinCount: 1,
      MaxCount: 1,
      ...(script === undefined
        ? {}
        : { UserData: Buffer.from(`#!/bin/bash\n${script}\n`).toString('base64') }),
      ...more,
    }),
  );
  return Instances;
}

const ids = (instances: readonly Instance[]) => instances.map(({ InstanceId }) => InstanceId ?? '');

async function describeAll(instances: readonly Instance[], client = ec2): Promise<Instance[]> {
  const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: ids(instances) }));
  return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await wait(20);
  }
  throw new Error(`Expected ${what} within 15 s. Notes: ${notes.join('; ')}`);
}

function allIn(state: string, instances: readonly Instance[], client = ec2): Promise<Instance[]> {
  return until(`${ids(instances).join(', ')} in ${state}`, async () => {
    const now = await describeAll(instances, client);
    return now.every(({ State }) => State?.Name === state) ? now : undefined;
  });
}

async function consoleOf(instance: Instance | undefined): Promise<string> {
  const { Output = '' } = await ec2.send(
    new GetConsoleOutputCommand({ InstanceId: instance?.InstanceId ?? '' }),
  );
  return Buffer.from(Output, 'base64').toString();
}

function consoleWith(instance: Instance | undefined, text: string | RegExp): Promise<string> {
  return until(`${text} on the console`, async () => {
    const output = await consoleOf(instance);
    return output.match(text) === null ? undefined : output;
  });
}

async function terminate(
  instances: readonly Instance[],
  more: { SkipOsShutdown?: boolean } = {},
): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids(instances), ...more }));
  await allIn('terminated', instances);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended too: whoever adopted it has only not looked yet.
    return !existsSync('/proc/self/stat') || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

const rootOf = (output: string) => /root=(\S+)/.exec(output)?.[1] ?? 'none';
const pidOf = (output: string, name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(output)?.[1]);

beforeAll(async () => {
  folder = await mkdtemp('/tmp/fanfleet-ec2-');
  endpoint = await start('shared', {
    environment: { FANFLEET_IMAGE_VENV: '/images/.venv' },
    maxInstances: 12,
  });
  ec2 = clientOf(endpoint.url);
});

afterAll(async () => {
  await endpoint.close();
  // The state folder removes itself: whatever is left is a leak.
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true, force: true });
  expect(notes).toEqual([]);
});

describe('the life of instances', () => {
  it('boots three from user data, each with an address, a home and an environment of its own', async () => {
    // Act
    const script = 'env | sort; echo "arguments=$#"; pwd; test -w "$TMPDIR" && echo writable';
    const before = performance.now();
    const launched = await launch(script, { MinCount: 3, MaxCount: 3 });
    const answered = performance.now();
    const running = await allIn('running', launched);
    const ran = performance.now();
    const outputs = await Promise.all(launched.map((each) => consoleWith(each, 'exited with 0')));
    const leaving = performance.now();
    await terminate(launched);
    const ended = performance.now();

    // Assess
    expect(launched.map(({ State }) => State?.Name)).toEqual(['pending', 'pending', 'pending']);
    expect(launched.map(({ AmiLaunchIndex }) => AmiLaunchIndex)).toEqual([0, 1, 2]);
    expect(new Set(running.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(3);
    expect(running.map(({ PrivateIpAddress }) => PrivateIpAddress)).toEqual(
      launched.map(({ PrivateIpAddress }) => PrivateIpAddress),
    );
    const variables = outputs.map((output) =>
      output.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []),
    );
    for (const [index, output] of outputs.entries()) {
      // PWD, SHLVL, OLDPWD and _ are bash's own.
      const expected = [
        'AWS_EC2_METADATA_SERVICE_ENDPOINT',
        'FANFLEET_HOST_ROOT',
        'FANFLEET_IMAGE_VENV',
        'HOME',
        'LANG',
      ];
      expect(
        variables[index]?.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', 'arguments'].includes(name)),
      ).toEqual([...expected, 'PATH', 'TMPDIR']);
      expect(output).toContain('FANFLEET_IMAGE_VENV=/images/.venv\n');
      expect(output).toContain(`http://${launched[index]?.PrivateIpAddress}:1338\n`);
      expect(output).toContain('arguments=0\n');
      expect(output).toContain('writable\n');
      const root = /FANFLEET_HOST_ROOT=(.+)/.exec(output)?.[1] ?? '';
      expect(root).toMatch(/^\/tmp\/ff-[0-9a-f]{8}$/);
      expect(output).toMatch(new RegExp(`^PATH=${root}/bin:`, 'm'));
      expect(existsSync(root)).toBe(false);
    }
    // About a hundredth of what EC2 takes; the limits are ten times what was measured on two cores.
    expect(answered - before).toBeLessThan(500);
    expect(ran - before).toBeLessThan(1_500);
    expect(ended - leaving).toBeLessThan(2_000);
  });

  it('keeps an instance running when its user data has ended, well or not', async () => {
    const [failed] = await launch('exit 3');
    const [missing] = await launch(undefined, {
      UserData: Buffer.from('#!/no/such/program\n').toString('base64'),
    });
    await consoleWith(failed, /\[host\] user data exited with 3 after \d+\.\d s/);
    await consoleWith(missing, 'user data could not be run');
    const both = [failed, missing].flatMap((each) => each ?? []);
    await allIn('running', both);
    await terminate(both);
  });

  it('ends every process of a host, also those that left its session, parents and environment', async () => {
    // Prepare: a daemon, one without the environment, and one that ignores SIGTERM
    const script = [
      'echo "root=$FANFLEET_HOST_ROOT"',
      '(setsid bash -c \'echo "daemon=$$"; cd /; exec sleep 3600 >/dev/null 2>&1\' &)',
      '(setsid env -i /bin/bash -c \'echo "bare=$$"; exec sleep 3600\' &)',
      '(trap "" TERM; setsid bash -c \'echo "deaf=$$"; while :; do sleep 1; done\' &)',
      '(env -i /bin/bash -c \'echo "quiet=$$"; exec sleep 3600 >/dev/null 2>&1\' &)',
      'mkdir -p "$HOME/a/b"; echo x > "$TMPDIR/x"; echo "ready=$$"; exec sleep 3600',
    ].join('\n');
    const [doomed, spared] = await launch(script, { MinCount: 2, MaxCount: 2 });
    const names = ['daemon', 'bare', 'deaf', 'quiet', 'ready'];
    const all = new RegExp(names.map((name) => `(?=[^]*${name}=\\d+\n)`).join(''));
    const output = await consoleWith(doomed, all);
    const other = await consoleWith(spared, all);
    const pids = names.map((name) => pidOf(output, name));
    const others = names.map((name) => pidOf(other, name));
    expect(pids.map(isAlive)).toEqual([true, true, true, true, true]);

    // Act
    await terminate(doomed === undefined ? [] : [doomed]);

    // Assess
    expect(pids.map(isAlive)).toEqual([false, false, false, false, false]);
    expect(existsSync(rootOf(output))).toBe(false);
    expect(others.map(isAlive)).toEqual([true, true, true, true, true]);
    expect(await consoleOf(doomed)).toContain('ready=');
    await terminate(spared === undefined ? [] : [spared], { SkipOsShutdown: true });
    expect(others.map(isAlive)).toEqual([false, false, false, false, false]);
  });

  it('ends daemons where there is no /proc to read, too', async () => {
    // Prepare: as on macOS, but with the ps of this machine
    const bare = await start('ps', {
      addressing: 'ports',
      metadataPort: 13_400,
      processTable: systemProcessTable('openbsd'),
    });
    const client = clientOf(bare.url);
    const [instance] = await launch(
      "(setsid sh -c 'echo daemon=$$; exec sleep 3600' &); echo up=$$; sleep 3600",
      {},
      client,
    );
    const command = new GetConsoleOutputCommand({ InstanceId: instance?.InstanceId });
    const output = await until('both processes', async () => {
      const text = Buffer.from((await client.send(command)).Output ?? '', 'base64').toString();
      return /daemon=/.test(text) && /up=/.test(text) ? text : undefined;
    });
    // Act
    await bare.close();
    // Assess
    expect([pidOf(output, 'daemon'), pidOf(output, 'up')].map(isAlive)).toEqual([false, false]);
  });

  it('lets processes end themselves on SIGTERM, but not when the power goes', async () => {
    const script = 'trap \'echo "good bye"; exit 0\' TERM; echo "up=$$"; while :; do sleep 0.05; done';
    const both = await launch(script, { MinCount: 2, MaxCount: 2 });
    const [polite, sudden] = both;
    await Promise.all(both.map((each) => consoleWith(each, 'up=')));
    await terminate(polite === undefined ? [] : [polite]);
    await terminate(sudden === undefined ? [] : [sudden], { SkipOsShutdown: true });
    expect(await consoleOf(polite)).toContain('good bye');
    expect(await consoleOf(sudden)).not.toContain('good bye');
  });

  it.each([
    ['terminate', 'terminated'],
    ['stop', 'stopped'],
  ] as const)('a host that shuts down will %s', async (behavior, state) => {
    // Act
    const instances = await launch('echo "up=$$"; shutdown -h now; sleep 3600', {
      InstanceInitiatedShutdownBehavior: behavior,
    });
    const [instance] = await allIn(state, instances);

    // Assess
    expect(instance?.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
    expect(isAlive(pidOf(await consoleOf(instance), 'up'))).toBe(false);
    await terminate(instances);
  });

  it('calls a shutdown off', async () => {
    const instances = await launch('shutdown -h +1 && shutdown -c && echo called off');
    await consoleWith(instances[0], 'called off');
    await allIn('running', instances);
    await terminate(instances);
  });

  it('takes the time in pending and shutting-down that it is told to, and ends what is still pending', async () => {
    // Prepare
    const slow = await start('slow', { delays: { pendingMs: 60_000, shuttingDownMs: 150 } });
    const client = clientOf(slow.url);
    // Act
    const instances = await launch('sleep 3600', {}, client);
    await allIn('pending', instances, client);
    const answer = await client.send(new TerminateInstancesCommand({ InstanceIds: ids(instances) }));
    const again = await client.send(new TerminateInstancesCommand({ InstanceIds: ids(instances) }));
    await allIn('terminated', instances, client);
    const late = await client.send(new TerminateInstancesCommand({ InstanceIds: ids(instances) }));
    // Assess
    const states = [answer, again, late].map(({ TerminatingInstances: [change] = [] }) => [
      change?.PreviousState?.Name,
      change?.CurrentState?.Name,
    ]);
    expect(states).toEqual([
      ['pending', 'shutting-down'],
      ['shutting-down', 'shutting-down'],
      ['terminated', 'terminated'],
    ]);
    await slow.close();
  });
});

describe('the calls', () => {
  let fleet: Instance[] = [];
  beforeAll(async () => {
    const tags = (Role: string) => [
      {
        ResourceType: 'instance' as const,
        Tags: [
          { Key: 'fanfleet:run', Value: 'r-1' },
          { Key: 'Role', Value: Role },
        ],
      },
    ];
    fleet = [
      ...(await launch(undefined, { TagSpecifications: tags('head') })),
      ...(await launch(undefined, { MinCount: 6, MaxCount: 6, TagSpecifications: tags('worker') })),
    ];
    await allIn('running', fleet);
  });
  afterAll(() => terminate(fleet));

  it('answers RunInstances with everything that was asked for', async () => {
    // Act
    const { GroupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'run', Description: 'run' }),
    );
    const instances = await launch(undefined, {
      ImageId:
        'resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
      SecurityGroupIds: [GroupId],
      IamInstanceProfile: { Name: 'fanfleet-worker' },
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/sda1',
          Ebs: { VolumeSize: 20, VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true },
        },
      ],
      InstanceInitiatedShutdownBehavior: 'terminate',
      ClientToken: 'token-0',
    });
    // Assess
    const [instance] = await describeAll(instances);
    expect(instance).toMatchObject({
      InstanceType: 'c7g.large',
      Architecture: 'arm64',
      ClientToken: 'token-0',
      SecurityGroups: [{ GroupId, GroupName: 'run' }],
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/fanfleet-worker' },
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      CpuOptions: { CoreCount: 2, ThreadsPerCore: 1 },
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { DeleteOnTermination: true } }],
      NetworkInterfaces: [{ Groups: [{ GroupId }], Attachment: { DeviceIndex: 0 } }],
    });
    expect(instance?.ImageId).toMatch(/^ami-[0-9a-f]{17}$/);
    expect(instance?.LaunchTime).toBeInstanceOf(Date);
    await expect(ec2.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({
      name: 'DependencyViolation',
    });
    await terminate(instances);
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  it('launches once for a ClientToken, also when asked twice at the same time', async () => {
    const first = { ClientToken: 'token-1', UserData: Buffer.from('#!/bin/sh\n').toString('base64') };
    const [a, b] = await Promise.all([launch(undefined, first), launch(undefined, first)]);
    const c = await launch(undefined, first);
    expect(ids(b)).toEqual(ids(a));
    expect(ids(c)).toEqual(ids(a));
    await expect(launch(undefined, { ...first, InstanceType: 't3.small' })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
    await terminate(a);
    const afterwards = await launch(undefined, first);
    expect(afterwards.map(({ InstanceId, State }) => [InstanceId, State?.Name])).toEqual([
      [ids(a)[0], 'terminated'],
    ]);
  });

  it('describes by filters', async () => {
    const found = async (...filters: [string, ...string[]][]) => {
      const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
      return Reservations.flatMap(({ Instances = [] }) => Instances).length;
    };
    expect(await found(['tag:fanfleet:run', 'r-1'])).toBe(7);
    expect(await found(['tag:fanfleet:run', 'r-1'], ['tag:Role', 'head'])).toBe(1);
    expect(await found(['tag-key', 'Ro*'], ['instance-state-name', 'running', 'pending'])).toBe(7);
    expect(await found(['instance-id', ids(fleet)[0] ?? '', ids(fleet)[1] ?? ''])).toBe(2);
    expect(await found(['instance-type', 'c7g.*'], ['tag:Role', 'worker'])).toBe(6);
    expect(await found(['tag:fanfleet:run', 'other'])).toBe(0);
    await expect(found(['no-such-filter', 'x'])).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('describes in pages', async () => {
    const pages = paginateDescribeInstances(
      { client: ec2, pageSize: 5 },
      { Filters: [{ Name: 'tag:fanfleet:run', Values: ['r-1'] }] },
    );
    const seen: string[][] = [];
    for await (const { Reservations = [] } of pages)
      seen.push(Reservations.flatMap((each) => ids(each.Instances ?? [])));
    expect(seen.map((page) => page.length)).toEqual([5, 2]);
    expect(seen.flat()).toEqual(ids(fleet));
  });

  it('tags instances and security groups', async () => {
    // Prepare
    const { GroupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: 'tagged',
        Description: 'tagged',
        TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'a', Value: '1' }] }],
      }),
    );
    const resource = ids(fleet)[0] ?? '';
    // Act
    await ec2.send(
      new CreateTagsCommand({ Resources: [resource, GroupId], Tags: [{ Key: 'b', Value: 'é <&> "' }] }),
    );
    const { Tags = [] } = await ec2.send(
      new DescribeTagsCommand({
        Filters: [
          { Name: 'resource-id', Values: [resource, GroupId] },
          { Name: 'key', Values: ['?'] },
        ],
      }),
    );
    // Assess
    expect(Tags.map(({ Key, Value, ResourceType }) => [ResourceType, Key, Value])).toEqual([
      ['instance', 'b', 'é <&> "'],
      ['security-group', 'a', '1'],
      ['security-group', 'b', 'é <&> "'],
    ]);
    const reserved = new CreateTagsCommand({ Resources: [GroupId], Tags: [{ Key: 'aws:x', Value: '' }] });
    await expect(ec2.send(reserved)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  it('keeps the security groups of a fleet', async () => {
    // Prepare
    const { Vpcs: [vpc] = [] } = await ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    const { Subnets = [] } = await ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc?.VpcId ?? ''] }] }),
    );
    const create = (GroupName: string) =>
      ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: vpc?.VpcId }));
    const { GroupId: head = '' } = await create('head');
    const { GroupId: worker = '' } = await create('worker');
    const ports = (GroupId: string) => [
      {
        IpProtocol: 'tcp',
        FromPort: 6379,
        ToPort: 6379,
        UserIdGroupPairs: [{ GroupId }],
        IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
      },
    ];
    // Act
    const authorize = new AuthorizeSecurityGroupIngressCommand({
      GroupId: head,
      IpPermissions: ports(worker),
    });
    const { SecurityGroupRules = [] } = await ec2.send(authorize);
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'group-name', Values: ['head', 'worker'] },
          { Name: 'vpc-id', Values: [vpc?.VpcId ?? ''] },
        ],
      }),
    );
    // Assess
    expect(Subnets).toMatchObject([{ DefaultForAz: true, VpcId: vpc?.VpcId }]);
    expect(SecurityGroupRules).toHaveLength(2);
    expect(SecurityGroups).toHaveLength(2);
    expect(SecurityGroups.find(({ GroupId }) => GroupId === head)?.IpPermissions).toMatchObject([
      {
        FromPort: 6379,
        UserIdGroupPairs: [{ GroupId: worker }],
        IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
      },
    ]);
    await expect(ec2.send(authorize)).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' });
    await expect(create('head')).rejects.toMatchObject({ name: 'InvalidGroup.Duplicate' });
    const remove = (GroupId: string) => ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    await expect(remove(worker)).rejects.toMatchObject({ name: 'DependencyViolation' });
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: head, IpPermissions: ports(worker) }));
    await remove(worker);
    await remove(head);
    await expect(remove(head)).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' });
  });

  it('knows instance types', async () => {
    const { InstanceTypes = [] } = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['t3.small', 'c7g.large'] }),
    );
    expect(
      InstanceTypes.map((each) => [
        each.InstanceType,
        each.VCpuInfo?.DefaultVCpus,
        each.MemoryInfo?.SizeInMiB,
        each.ProcessorInfo?.SupportedArchitectures,
      ]),
    ).toEqual([
      ['c7g.large', 2, 4096, ['arm64']],
      ['t3.small', 2, 2048, ['x86_64']],
    ]);
    await expect(
      ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['z9.large' as 't3.small'] })),
    ).rejects.toMatchObject({
      name: 'InvalidInstanceType',
    });
  });
});

describe('refusals', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each<[string, Partial<RunInstancesCommandInput>]>([
    ['InvalidAMIID.Malformed', { ImageId: 'ubuntu' }],
    ['InvalidParameterValue', { InstanceType: 'c9.huge' as 't3.small' }],
    ['InvalidParameterValue', { MinCount: 2, MaxCount: 1 }],
    ['InvalidParameterValue', { MinCount: 0 }],
    ['InvalidParameterValue', { UserData: base64(`#!/bin/sh\n${'#'.repeat(16_384)}`) }],
    ['InvalidUserData.Malformed', { UserData: base64('#cloud-config\n') }],
    ['InvalidUserData.Malformed', { UserData: '#!/bin/sh' }],
    ['InvalidGroup.NotFound', { SecurityGroupIds: ['sg-0123456789abcdef0'] }],
    ['InvalidSubnetID.NotFound', { SubnetId: 'subnet-1' }],
    ['InvalidParameterCombination', { SubnetId: 'subnet-1', NetworkInterfaces: [{ DeviceIndex: 0 }] }],
    [
      'InvalidParameterCombination',
      { IamInstanceProfile: { Name: 'a', Arn: 'arn:aws:iam::000000000000:instance-profile/a' } },
    ],
    ['InstanceLimitExceeded', { MinCount: 13, MaxCount: 13 }],
    ['UnknownParameter', { KeyName: 'a-key' }],
    ['DryRunOperation', { DryRun: true }],
  ])('RunInstances with %s', async (name, input) => {
    await expect(launch(undefined, input)).rejects.toMatchObject({ name });
  });

  it('takes user data of just 16 KiB', async () => {
    const head = '#!/bin/sh\n';
    const UserData = base64(head + '#'.repeat(16_384 - head.length));
    await terminate(await launch(undefined, { UserData }));
  });

  it.each([
    ['InvalidInstanceID.Malformed', ['i-xyz'], 'Invalid id: "i-xyz"'],
    [
      'InvalidInstanceID.NotFound',
      ['i-0123456789abcdef0'],
      "The instance ID 'i-0123456789abcdef0' does not exist",
    ],
  ])('%s', async (name, InstanceIds, message) => {
    const expected = { name, message, $metadata: { httpStatusCode: 400, requestId: expect.any(String) } };
    await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds }))).rejects.toMatchObject(expected);
    await expect(ec2.send(new DescribeInstancesCommand({ InstanceIds }))).rejects.toMatchObject(expected);
    await expect(ec2.send(new GetConsoleOutputCommand({ InstanceId: InstanceIds[0] }))).rejects.toMatchObject(
      expected,
    );
  });

  it('an action that is not here, a missing parameter, a bad token', async () => {
    await expect(ec2.send(new RebootInstancesCommand({ InstanceIds: ['i-12345678'] }))).rejects.toMatchObject(
      {
        name: 'InvalidAction',
      },
    );
    await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds: [] }))).rejects.toMatchObject({
      name: 'MissingParameter',
      message: 'The request must contain the parameter InstanceId',
    });
    await expect(ec2.send(new DescribeInstancesCommand({ NextToken: 'x' }))).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('a call that is not signed, and one that is too long', async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(endpoint.url, { method: 'POST', body, headers });
    const unsigned = await post('Action=DescribeInstances');
    expect(unsigned.status).toBe(401);
    expect(await unsigned.text()).toMatch(/<Response><Errors><Error><Code>AuthFailure<.*<RequestID>/);
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    expect((await post('Action=DescribeInstances', { authorization })).status).toBe(200);
    const long = await post('x'.repeat(2_000_000), { authorization }).then(
      ({ status }) => status,
      () => 'cut off',
    );
    expect([413, 'cut off']).toContain(long);
    expect((await post('Action=DescribeInstances', { authorization })).status).toBe(200);
  });
});

describe('the metadata service', () => {
  const script = `
    get() { curl -sf -H "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/$1"; }
    token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
    echo "bare=$(curl -s -o /dev/null -w '%{http_code}' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/")"
    for path in instance-id instance-type local-ipv4 local-hostname ami-id mac placement/region \\
      placement/availability-zone iam/security-credentials/ tags/instance/Role; do
      echo "$path=$(get meta-data/$path)"
    done
    echo "profile=$(get meta-data/iam/info)"
    echo "document=$(get dynamic/instance-identity/document | tr -d '\\n')"
    echo "same=$(get user-data | cmp - "$FANFLEET_HOST_ROOT/user-data" && echo yes)"
    ${PYTHON} -c '
import boto3
session = boto3.Session()
frozen = session.get_credentials()
print("boto3=%s %s %s" % (frozen.method, frozen.access_key, frozen.token))'
    echo done`;

  it.each(['addresses', 'ports'] as const)('tells a host who it is, by %s', async (addressing) => {
    // Prepare
    const other = await start(addressing, { addressing, metadataPort: 13_380, region: 'eu-central-1' });
    const client = clientOf(other.url);
    const options: Partial<RunInstancesCommandInput> = {
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/path/fleet' },
      MetadataOptions: { InstanceMetadataTags: 'enabled' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Role', Value: 'head' }] }],
    };
    // Act
    const [first, second] = await launch(script, { ...options, MinCount: 2, MaxCount: 2 }, client);
    const read = async (instance: Instance | undefined) => {
      const command = new GetConsoleOutputCommand({ InstanceId: instance?.InstanceId ?? '' });
      return until('the end of the script', async () => {
        const text = Buffer.from((await client.send(command)).Output ?? '', 'base64').toString();
        return text.includes('exited with') ? text : undefined;
      });
    };
    const outputs = [await read(first), await read(second)];
    // Assess
    for (const [index, instance] of [first, second].entries()) {
      const output = outputs[index] ?? '';
      const value = (name: string) =>
        output
          .split('\n')
          .find((line) => line.startsWith(`${name}=`))
          ?.slice(name.length + 1);
      expect(value('bare')).toBe('401');
      expect(value('instance-id')).toBe(instance?.InstanceId);
      expect(value('local-ipv4')).toBe(instance?.PrivateIpAddress);
      expect(value('local-hostname')).toBe(instance?.PrivateDnsName);
      expect(value('mac')).toBe(instance?.NetworkInterfaces?.[0]?.MacAddress);
      expect(value('instance-type')).toBe('c7g.large');
      expect(value('placement/region')).toBe('eu-central-1');
      expect(value('placement/availability-zone')).toBe('eu-central-1a');
      expect(value('iam/security-credentials/')).toBe('fleet');
      expect(JSON.parse(value('profile') ?? '')).toMatchObject({ Code: 'Success' });
      expect(JSON.parse(value('document') ?? '')).toMatchObject({
        instanceId: instance?.InstanceId,
        region: 'eu-central-1',
      });
      expect(value('tags/instance/Role')).toBe('head');
      expect(value('same')).toBe('yes');
      expect(value('boto3')).toBe('iam-role test test');
    }
    const addresses = [first?.PrivateIpAddress, second?.PrivateIpAddress];
    if (addressing === 'ports') expect(addresses).toEqual(['127.0.0.1', '127.0.0.1']);
    else expect(new Set(addresses).size).toBe(2);
    await other.close();
  });
});

describe('the daemon', () => {
  const children: ReturnType<typeof spawn>[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function daemon(...args: string[]) {
    const child = spawn(process.execPath, [MAIN, '--port', '0', '--metadata-port', '13390', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const exited = once(child, 'exit');
    const url = await until('the daemon', () => {
      if (child.exitCode !== null) throw new Error(errors);
      return /ready at (\S+)\n/.exec(said)?.[1];
    });
    return { child, url, exited, said: () => said, errors: () => errors };
  }

  const stubborn = 'echo "root=$FANFLEET_HOST_ROOT up=$$ $GIVEN"; (setsid sleep 3600 &) ; sleep 3600';

  async function bootIn(url: string) {
    const client = clientOf(url);
    const [instance] = await launch(stubborn, {}, client);
    const command = new GetConsoleOutputCommand({ InstanceId: instance?.InstanceId });
    const output = await until('user data', async () => {
      const { Output = '' } = await client.send(command);
      const text = Buffer.from(Output, 'base64').toString();
      return text.includes('up=') ? text : undefined;
    });
    return { instance, output, root: rootOf(output), pid: pidOf(output, 'up') };
  }

  it('says when it is ready, is healthy, and ends all its hosts on SIGTERM', async () => {
    // Prepare
    const stateDir = join(folder, 'daemon');
    const { child, url, exited, said } = await daemon('--state-dir', stateDir, '--host-env', 'GIVEN=a=b');
    const { output, root, pid } = await bootIn(url);
    const health = await (await fetch(`${url}/_health`)).json();
    // Act
    child.kill('SIGTERM');
    const [code] = await exited;
    // Assess
    expect(health).toEqual({ status: 'ok', service: 'ec2', pid: child.pid, instances: { running: 1 } });
    expect(output).toContain(' a=b\n');
    expect(code).toBe(0);
    expect(said()).toBe(`EC2 endpoint ready at ${url}\n`);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(root)).toBe(false);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('when killed, leaves hosts that the next one ends', async () => {
    // Prepare
    const stateDir = join(folder, 'crash');
    const { child, url, exited } = await daemon('--state-dir', stateDir);
    const { instance, root, pid } = await bootIn(url);
    const inUse = start('crash');
    await expect(inUse).rejects.toMatchObject({ code: 'STATE_DIR_IN_USE' });
    child.kill('SIGKILL');
    await exited;
    expect(isAlive(pid)).toBe(true);
    // Act
    const next = await daemon('--state-dir', stateDir);
    // Assess
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(root)).toBe(false);
    await until('the note', () =>
      next.errors().includes(`ended ${instance?.InstanceId}`) ? true : undefined,
    );
    next.child.kill('SIGINT');
    expect(await next.exited).toEqual([0, null]);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('refuses a port that is taken, and flags that are wrong', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await expect(start('taken', { port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(`port ${port}`),
    });
    await expect(run(process.execPath, [MAIN, '--port', String(port)])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PORT_TAKEN'),
    });
    for (const wrong of [['--port', 'x'], ['--nonsense'], ['--host-env', 'novalue']]) {
      await expect(run(process.execPath, [MAIN, ...wrong])).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Usage:'),
      });
    }
    taken.close();
  });

  it('does not touch what a damaged record names', async () => {
    // Prepare
    const precious = join(folder, 'precious');
    const hosts = join(folder, 'damaged', 'hosts');
    await Promise.all([mkdir(precious), mkdir(hosts, { recursive: true })]);
    const record = { instanceId: 'i-1', root: precious, known: { started: {}, sessions: [] } };
    await writeFile(join(hosts, 'i-1.json'), JSON.stringify(record));
    // Act and assess
    await expect(start('damaged')).rejects.toMatchObject({ code: 'HOST_RECORD_UNREADABLE' });
    expect(readdirSync(folder)).toContain('precious');
    await rm(join(folder, 'damaged'), { recursive: true });
    await rm(precious, { recursive: true });
  });
});
