import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, isAlive, pidOf, rootOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const shared = useEc2Endpoint();
const { start, launch, until, allIn, consoleWith } = shared;

const run = promisify(execFile);
const MAIN = new URL('../../../localstack/ec2/main.ts', import.meta.url).pathname;

describe('the daemon', () => {
  const children: ReturnType<typeof spawn>[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function daemon(...args: string[]) {
    const child = spawn(
      process.execPath,
      [MAIN, '--port', '0', '--hosts', 'processes', '--metadata-port', '13390', ...args],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
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
    const launched = await launch(stubborn, {}, client);
    const [instance] = launched;
    const output = await consoleWith(instance, 'up=', client);
    // It has spoken before the endpoint has written down that it runs.
    await allIn('running', launched, client);
    return { instance, output, root: rootOf(output), pid: pidOf(output, 'up') };
  }

  it('says when it is ready, is healthy, and ends all its hosts on SIGTERM', async () => {
    // Prepare
    const stateDir = join(shared.folder, 'daemon');
    const { child, url, exited, said } = await daemon('--state-dir', stateDir, '--host-env', 'GIVEN=a=b');
    const { output, root, pid } = await bootIn(url);
    const health = await (await fetch(`${url}/_health`)).json();
    // Act
    child.kill('SIGTERM');
    const [code] = await exited;
    // Assess
    expect(health).toEqual({
      status: 'ok',
      service: 'ec2',
      pid: child.pid,
      hosts: 'processes',
      instances: { running: 1 },
    });
    expect(output).toContain(' a=b\n');
    expect(code).toBe(0);
    expect(said()).toBe(`EC2 endpoint ready at ${url}\n`);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(root)).toBe(false);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('when killed, leaves hosts that the next one ends', async () => {
    // Prepare
    const stateDir = join(shared.folder, 'crash');
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
    expect((await run(process.execPath, [MAIN, '--help'])).stdout).toMatch(/^Usage: .*\n\n {2}--port N /);
  });

  it('does not touch what a damaged record names', async () => {
    // Prepare
    const precious = join(shared.folder, 'precious');
    const hosts = join(shared.folder, 'damaged', 'hosts');
    await Promise.all([mkdir(precious), mkdir(hosts, { recursive: true })]);
    const record = { instanceId: 'i-1', root: precious, known: { started: {}, sessions: [] } };
    await writeFile(join(hosts, 'i-1.json'), JSON.stringify(record));
    // Act and assess
    await expect(start('damaged')).rejects.toMatchObject({ code: 'HOST_RECORD_UNREADABLE' });
    expect(readdirSync(shared.folder)).toContain('precious');
    await rm(join(shared.folder, 'damaged'), { recursive: true });
    await rm(precious, { recursive: true });
  });
});
