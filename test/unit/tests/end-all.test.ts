import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-end-all-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  if (existsSync(join(folder, 'pid')) && isAlive('pid')) process.kill(Number(text('pid')), 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function endAll(script: string, grace = 20): ChildProcess {
  const args = ['-B', join(ROOT, 'scripts/tests/end_all.py'), String(grace), 'bash', '-c', script];
  const child = spawn(join(ROOT, '.venv/bin/python'), args, { cwd: folder, stdio: 'ignore' });
  started.push(child);
  return child;
}

/** A service that nothing but its number ties to whoever started it; it writes that number to a file. */
const service = (name: string, atTerm: string) =>
  `(setsid bash -c 'trap "${atTerm}" TERM; echo $$ >${name}; while :; do sleep 0.05; done' &)`;
const untilThere = (name: string) => expect.poll(() => existsSync(join(folder, name))).toBe(true);
const text = (name: string) => readFileSync(join(folder, name), 'utf8').trim();

function isAlive(name: string): boolean {
  const status = `/proc/${text(name)}/status`;
  return existsSync(status) && !/^State:\s+[ZX]/m.test(readFileSync(status, 'utf8'));
}

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a program that is ended by %s', (signal, status) => {
  it('ends with the services that it started, which may tidy up by programs of theirs', async () => {
    const child = endAll(`${service('pid', 'sleep 0.2; echo yes >tidied; exit')}; sleep 300`);
    await untilThere('pid');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([status, null]);
    expect(isAlive('pid')).toBe(false);
    expect(text('tidied')).toBe('yes');
  });
});

it('what a process has started is ended also while only its other threads are left', async () => {
  // Its main thread ends alone: the system shows it as one that has ended, and it still has its child.
  const half = `
import ctypes, os, platform, subprocess, threading, time
subprocess.Popen(["bash", "-c", "echo $$ >pid; while :; do sleep 0.05; done"], start_new_session=True)
threading.Thread(target=lambda: (time.sleep(3), os._exit(0))).start()
ctypes.CDLL(None).syscall({"x86_64": 60}.get(platform.machine(), 93), 0)
`;
  const python = join(ROOT, '.venv/bin/python');
  const child = endAll(
    `${python} -c '${half}' & until [ -s pid ] && grep -q '^State:.Z' /proc/$!/status; do sleep 0.02; done`,
  );
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(isAlive('pid')).toBe(false);
});

describe('a program that does not listen', () => {
  const deaf = 'trap "" TERM INT; echo $$ >pid; while :; do sleep 0.05; done';

  it('is killed after three times the grace', async () => {
    const child = endAll(deaf, 0.2);
    await untilThere('pid');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([143, null]);
    expect(isAlive('pid')).toBe(false);
  });

  it('is killed at a second signal, but not by one that was passed on twice', async () => {
    const child = endAll(deaf, 600);
    await untilThere('pid');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await setTimeout(2_000);
    expect(isAlive('pid')).toBe(true);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[1]).toBeNull();
    expect(isAlive('pid')).toBe(false);
  });
});

describe('a program that ends', () => {
  it('gives its status, and leaves neither services nor temporary files', async () => {
    const child = endAll(
      `${service('pid', 'exit')}; echo $TMPDIR >folder; touch $TMPDIR/left; until [ -e pid ]; do sleep 0.05; done; exit 7`,
    );
    expect(await once(child, 'exit')).toEqual([7, null]);
    expect(isAlive('pid')).toBe(false);
    expect(text('folder')).toMatch(/^\/tmp\/ft-/);
    expect(existsSync(text('folder'))).toBe(false);
  });

  it('leaves no service that does not listen', async () => {
    const child = endAll(`${service('pid', ':')}; until [ -e pid ]; do sleep 0.05; done`, 0.3);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(isAlive('pid')).toBe(false);
  });
});
