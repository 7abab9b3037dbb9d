import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type ProcessInfo, systemProcessTable } from '../../localstack/ec2/hosts/process-table.ts';
import { LANES } from '../../scripts/tests/lanes.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Starts an emulator, and the hosts of a fleet. */
const FILE = 'test/integration/fleet-engine.test.ts';

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGTERM'));

it('tests that are ended in their middle leave no emulator, no host and no file', async () => {
  // Prepare
  const part = LANES.flat().find(({ name }) => name === 'integration');
  const [program, ...args] = part?.command ?? expect.fail('no integration tests');
  child = spawn(program, [...args, FILE], { cwd: ROOT, stdio: 'ignore' });
  let started: ProcessInfo[] = [];
  const isHost = (one: ProcessInfo) => variable(one, 'FANFLEET_HOST_ROOT') !== '';
  const isEmulator = ({ pid }: ProcessInfo) => proc(pid, 'cmdline').includes('emulator.py');
  await expect
    .poll(
      async () => {
        started = await below(child?.pid ?? 0);
        return started.some(isHost) && started.some(isEmulator);
      },
      { timeout: 100_000 },
    )
    .toBe(true);
  const folder = /^\/tmp\/ft-[^/]+/.exec(variable(started.find(isHost), 'FANFLEET_HOST_ROOT'))?.[0];

  // Act
  child.kill('SIGTERM');
  const [status] = await once(child, 'exit');

  // Assess
  expect(status).toBe(143);
  const running = await systemProcessTable().list();
  const isThere = ({ pid, startedAt }: ProcessInfo) =>
    running.some((one) => one.pid === pid && one.startedAt === startedAt);
  expect(started.filter(isThere).map(({ pid }) => proc(pid, 'cmdline'))).toEqual([]);
  expect(existsSync(folder ?? '/')).toBe(false);
});

/** The processes that descend from this one. */
async function below(pid: number): Promise<ProcessInfo[]> {
  const all = await systemProcessTable().list();
  const childrenOf = (parent: number): ProcessInfo[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...childrenOf(one.pid)]);
  return childrenOf(pid);
}

function variable(one: ProcessInfo | undefined, name: string): string {
  const found = proc(one?.pid ?? 0, 'environ')
    .split('\0')
    .find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? '';
}

function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It ended in between.
  }
}
