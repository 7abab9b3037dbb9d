import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client, GetConsoleOutputCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemProcessTable } from '../../localstack/ec2/hosts/process-table.ts';
import { freePorts } from '../../localstack/free-ports.ts';
import { cli } from '../../scripts/own-stack/cli.ts';
import { imageFor } from '../support/ec2-endpoint.ts';
import { leftovers, noNamespaces } from '../support/namespace-hosts.ts';

let home: string;
let port: number;
let ec2Port: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fanfleet-offline-'));
  [port = 0, ec2Port = 0] = await freePorts(2);
});
afterEach(async () => {
  if (existsSync(join(home, 'daemons'))) await cli(home, ['down']);
  await rm(home, { recursive: true, force: true });
});

const up = (...more: string[]) => json('up', '--port', String(port), '--ec2-port', String(ec2Port), ...more);

/** Runs a command with --json: its exit code and the one object that it prints. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await cli(home, ['--json', ...args]);
  const lines = stdout.trim().split('\n');
  expect(lines, stderr).toHaveLength(1);
  return { code, stderr, object: JSON.parse(lines[0] ?? '') };
}

const answers = (to: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(to, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const pidOf = async (name: string): Promise<number> =>
  JSON.parse(await readFile(join(home, 'daemons', `${name}.pid`), 'utf8')).pid;

/** How long the process of an instance sleeps, by which it is known. */
const SLEEP = '543210';

/** Commands of the processes that have the home in their environment or command line, or are of our instance. */
async function processesOfHome(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')),
    );
    if (`${command}${environment}`.includes(home) || command?.includes(SLEEP)) found.push(command ?? '');
  }
  return found;
}

async function listenOn(at: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  return server;
}

describe('fanfleet up and down', () => {
  it('start both services, again change nothing, and leave nothing', async () => {
    // Act
    const first = await up();
    const pids = [await pidOf('emulator'), await pidOf('ec2')];
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const s3 = new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    });
    await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
    const second = await up();
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    s3.destroy();
    const status = await json('status');

    // Assess
    expect(status).toMatchObject({ code: 2, object: { error: { code: 'NOT_DEPLOYED', source: 'user' } } });
    expect(status.object.error.message).toContain('run `fanfleet up` and `fanfleet deploy`');
    expect(await json('clean')).toMatchObject({ code: 2, object: { error: { code: 'STILL_UP' } } });
    const variables = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL_EC2: `http://127.0.0.1:${ec2Port}`,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    expect(first).toMatchObject({ code: 0, object: { started: true, variables } });
    const kind = noNamespaces === undefined ? 'namespaces' : 'processes';
    const description = expect.stringMatching(/namespaces|processes/);
    expect(first.object.hosts).toEqual({ kind, description, bare: false });
    expect(second.object.hosts).toEqual(first.object.hosts);
    expect(second).toMatchObject({ code: 0, object: { started: false, variables } });
    expect([await pidOf('emulator'), await pidOf('ec2')]).toEqual(pids);
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['kept']);

    // Act: with an instance that would outlive its shell
    const ec2 = new EC2Client({ endpoint: `http://127.0.0.1:${ec2Port}`, region: 'us-east-1', credentials });
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ImageId: imageFor('t3.medium'),
        InstanceType: 't3.medium',
        MinCount: 1,
        MaxCount: 1,
        UserData: Buffer.from(
          `#!/bin/bash\nnohup sleep ${SLEEP} >/dev/null 2>&1 &\necho started\nwait\n`,
        ).toString('base64'),
      }),
    );
    const InstanceId = Instances?.[0]?.InstanceId ?? '';
    await expect
      .poll(async () => {
        const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId }));
        return Buffer.from(Output, 'base64').toString();
      })
      .toContain('started');
    ec2.destroy();
    const down = await json('down');
    const again = await json('down');

    // Assess
    expect(down).toMatchObject({ code: 0, object: { stopped: ['ec2', 'emulator'] } });
    expect(again).toMatchObject({ code: 0, object: { stopped: [] } });
    expect([await answers(port), await answers(ec2Port)]).toEqual([false, false]);
    expect(await processesOfHome()).toEqual([]);
    if (noNamespaces === undefined) expect(await leftovers(join(home, 'ec2'))).toEqual([]);
    const left = (await systemProcessTable().list()).filter(({ pid }) => pids.includes(pid));
    expect(left).toEqual([]);
    expect(await readdir(home)).toEqual(['daemons']);
    expect((await readdir(join(home, 'daemons'))).toSorted()).toEqual(['ec2.log', 'emulator.log']);
    expect(await json('clean')).toMatchObject({ code: 0 });
    expect(await readdir(home)).toEqual([]);
  });

  it.each([
    ['--port', () => port],
    ['--ec2-port', () => ec2Port],
  ])('name the port that another program has, and %s', async (option, taken) => {
    // Prepare
    const server = await listenOn(taken());

    // Act
    const { code, object, stderr } = await up();
    server.close();

    // Assess
    expect(code).toBe(2);
    expect(object.error).toMatchObject({ code: 'PORT_TAKEN', source: 'user' });
    expect(object.error.message).toContain(`port ${taken()} of 127.0.0.1`);
    expect(object.error.message).toContain(`choose another with ${option} or FANFLEET_`);
    expect(stderr).toContain(object.error.message);
    expect(await processesOfHome()).toEqual([]);
  });

  it('take no notice of what a crash has left: stale pid files and state, a dead service', async () => {
    // Prepare: a pid that is somebody else's by now, one that is nobody's, and no JSON at all
    await mkdir(join(home, 'daemons'));
    await writeFile(
      join(home, 'daemons', 'emulator.pid'),
      JSON.stringify({ pid: process.pid, started: '1' }),
    );
    await writeFile(join(home, 'daemons', 'ec2.pid'), 'not JSON');
    await writeFile(join(home, 'offline.json'), JSON.stringify({ port: 1, ec2Port: 2, instance: 'old' }));

    // Act
    const first = await up();
    process.kill(await pidOf('ec2'), 'SIGKILL');
    await expect.poll(() => answers(ec2Port)).toBe(false);
    const second = await up();

    // Assess
    expect(first).toMatchObject({ code: 0, object: { started: true } });
    expect(second.code).toBe(0);
    expect([await answers(port), await answers(ec2Port)]).toEqual([true, true]);
  });

  it('end it too while a program holds a connection open', async () => {
    await up();
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    expect(await json('down')).toMatchObject({ code: 0 });
    expect(await answers(port)).toBe(false);
    socket.destroy();
  });
});

describe('a command that needs it up', () => {
  it.each([
    [['status']],
    [['report']],
    [['deploy']],
    [['run', 'x/']],
    [['dataset', 'upload', '/tmp', '--prefix', 'x/']],
  ])('%j: says so, with exit code 2 and nothing started', async (command) => {
    const { code, object, stderr } = await json(...command);
    const message = '[NOT_UP] Expected the offline AWS to be up but it is not; run `fanfleet up`.';
    expect(code).toBe(2);
    expect(object).toEqual({ error: { code: 'NOT_UP', source: 'user', message } });
    expect(stderr).toContain(`fanfleet: ${message}`);
    expect(existsSync(join(home, 'offline.json'))).toBe(false);
  });

  it('says so without --json on stderr only', async () => {
    const { code, stdout, stderr } = await cli(home, ['status']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'fanfleet: [NOT_UP] Expected the offline AWS to be up but it is not; run `fanfleet up`.\n',
    );
  });
});

describe('the command line', () => {
  it.each([
    [[], 'Expected a command but received none.'],
    [['launch'], "unknown command 'launch'"],
    [['run', 'x/', '--workers', 'many'], "option '--workers <n>' argument 'many' is invalid."],
    [
      ['run', '', '--workers', '2'],
      'Expected a prefix of the images such as "train/" (a whole bucket is not taken) for `prefix`',
    ],
    [
      ['run', 'x/', '--engine', 'hadoop'],
      'Expected one of "daft", "ray", "dask", "spark", "grpc" for `engine` but received "hadoop".',
    ],
    [['stats'], "missing required argument 'path'"],
  ])('refuses %j with one object and exit code 2', async (args, problem) => {
    const { code, object } = await json(...args);
    expect(code).toBe(2);
    expect(object.error).toMatchObject({ source: 'user', message: expect.stringContaining(problem) });
  });

  it('says what this machine has and lacks: doctor --json', async () => {
    // Act
    const { code, object } = await json('doctor');

    // Assess
    const checks: { name: string; ok: boolean; found: string; fix: string | null }[] = object.checks;
    expect(checks.map(({ name }) => name)).toEqual([
      ...[
        'Node',
        'Python',
        'tar',
        'bash',
        'packages of Node',
        'packages of Python',
        'ONNX Runtime',
        'memory',
        'disk',
        'ports',
        'hosts of the fleet',
      ],
    ]);
    for (const { ok, found, fix } of checks) {
      expect(found).not.toBe('');
      expect(ok ? fix === null : (fix ?? '').length > 10).toBe(true);
    }
    expect(code).toBe(checks.every(({ ok }) => ok) ? 0 : 2);
  });
});
