import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Instance } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { layout } from '../../src/contract/layout.ts';
import { useEc2Endpoint } from '../support/ec2-endpoint.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { createWatchedStack, HostFiles, STAGE, type WatchedStack } from '../support/watched-run.ts';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const RUN = 'a-run';
const endpoint = useEc2Endpoint();
let emulator: Emulator;
let stack: WatchedStack;
let head: Instance | undefined;
let worker: Instance | undefined;

beforeAll(async () => {
  emulator = await startEmulator();
  stack = await createWatchedStack(emulator);
  await stack.start(RUN, 40);
  [head] = await launch('head');
  [worker] = await launch('worker');
  await endpoint.allIn('running', [head ?? {}, worker ?? {}]);
});
afterAll(async () => {
  await endpoint.terminate([head ?? {}, worker ?? {}]);
  stack?.close();
  await emulator?.stop();
});

function launch(role: string): Promise<Instance[]> {
  const tags = { stage: STAGE, run: RUN, round: '1', role };
  const Tags = Object.entries(tags).map(([name, Value]) => ({ Key: `fanfleet:${name}`, Value }));
  return endpoint.launch(undefined, { TagSpecifications: [{ ResourceType: 'instance', Tags }] });
}

const environment = () => ({
  PATH: process.env.PATH,
  AWS_REGION: emulator.client.region,
  AWS_ENDPOINT_URL: emulator.endpoint,
  AWS_ENDPOINT_URL_EC2: endpoint.url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
});

/** The command of a shell with this AWS; it must end by itself. */
async function workers(...args: string[]) {
  const command = [CLI, '--stage', STAGE, ...args];
  const ended = await run(process.execPath, command, { env: environment() }).catch((error) => error);
  return { status: ended.code ?? 0, stdout: String(ended.stdout), stderr: String(ended.stderr) };
}

/** Its standard error until it has this text. */
async function said(child: ChildProcess, text: string): Promise<void> {
  let heard = '';
  for await (const chunk of child.stderr ?? []) {
    heard += String(chunk);
    if (heard.includes(text)) return;
  }
  throw new Error(`Expected ${text} in: ${heard}`);
}

const filesOf = (instance: Instance | undefined) =>
  new HostFiles(stack.store, RUN, 1, instance?.InstanceId ?? '');

describe('workers', () => {
  it('shows instances before they have left any file', async () => {
    const { stdout, status } = await workers('workers', '--once');
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`run ${RUN}  RUNNING  dask  round 1  0 of 40 batches, 0.0/s`);
    expect(lines[2]).toMatch(new RegExp(`^${head?.InstanceId} +head +[\\d.]+ +c7g.large +running +–`));
    expect(lines[3]).toContain(worker?.InstanceId);
    expect(status).toBe(EXIT.OK);
  });

  it('shows what each host uses and does, and what engine and EC2 say of it', async () => {
    // Prepare
    const now = Date.now();
    const address = worker?.PrivateIpAddress ?? '';
    await filesOf(head).report('head', head?.PrivateIpAddress ?? '', now - 60_000);
    await filesOf(worker).report('worker', address, now - 60_000);
    // More than the tail that is read.
    await filesOf(worker).samples(100, now, 1.5);
    await filesOf(worker).span(0, now - 30_000);
    await filesOf(worker).span(1, now);
    const changes = [{ at: now - 60_000, address, state: 'ALIVE' }];
    await stack.store.putJson(layout.workerStates(RUN, 1), { changes });

    // Act
    const { stdout } = await workers('--json', 'workers', RUN);

    // Assess
    const view = JSON.parse(stdout);
    expect(view).toMatchObject({ runId: RUN, status: 'RUNNING', engine: 'dask', totalBatches: 40 });
    expect(view.fleet).toMatchObject({ round: 1, batches: 2 });
    expect(view.fleet.hosts[0]).toMatchObject({ role: 'head', state: null, cpu: null, batches: 0 });
    expect(view.fleet.hosts[1]).toMatchObject({
      ...{ instanceId: worker?.InstanceId, role: 'worker', address, instanceType: 'c7g.large' },
      ...{ ec2State: 'running', state: 'ALIVE', cpu: 0.75, cpus: 2 },
      ...{ memoryBytes: 2 ** 29, memoryLimitBytes: 2 ** 32 },
      ...{ receivedBytesPerSecond: 1e6, sentBytesPerSecond: 2e3 },
      ...{ batches: 2, batchesPerSecond: 0.1, lastHeardAt: now },
    });
  });

  it('does not show old figures of a host that is silent', async () => {
    const at = Date.now() - 60_000;
    await filesOf(worker).samples(99, at, 1.5);
    const { stdout } = await workers('--json', 'workers');
    expect(JSON.parse(stdout).fleet.hosts[1]).toMatchObject({ cpu: null, memoryBytes: null, cpus: 2 });
  });

  it('follows the run until it ends, and then shows it a last time', async () => {
    const command = [CLI, '--stage', STAGE, 'workers'];
    const child = spawn(process.execPath, command, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    await said(child, 'RUNNING');
    await stack.stop(RUN);
    expect(await ended).toEqual([EXIT.OK, null]);
    expect(stdout).toContain(`run ${RUN}  ABORTED  dask`);
    expect(stdout).toContain(worker?.InstanceId);
  });

  it('says that there is no run under way, and that there is no such run', async () => {
    const none = await workers('workers');
    expect(none).toMatchObject({ status: EXIT.USAGE, stderr: expect.stringContaining('NO_RUN_UNDER_WAY') });
    const unknown = await workers('workers', 'another');
    expect(unknown).toMatchObject({ status: EXIT.USAGE, stderr: expect.stringContaining('RUN_NOT_FOUND') });
  });
});
