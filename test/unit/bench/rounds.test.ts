import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { ContenderProcess } from '../../../bench/contender-process.ts';
import type { Job } from '../../../bench/job.ts';
import { playRounds } from '../../../bench/rounds.ts';

const JOB: Job = { folder: '/', source: 'memory', task: 'statistics', threads: 1, store: null };
const BROKEN_OFF = fileURLToPath(new URL('broken-off.ts', import.meta.url));
const SCRIPT = fileURLToPath(new URL('contender.mjs', import.meta.url));
const ROW = [10, 20, 30, 0, 0, 0, 255, 255, 255];
const OPTIONS = {
  rounds: 2,
  seconds: 0.001,
  seed: 1,
  exact: [ROW],
  pixels: [10],
  serverCpuSeconds: () => undefined,
};

const processes: ContenderProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.stop()));
});

async function start(behaviour: string): Promise<ContenderProcess> {
  const contender = {
    name: behaviour,
    kind: 'tuned' as const,
    command: () => [process.execPath, SCRIPT, behaviour] as const,
  };
  const started = await ContenderProcess.start(contender, JOB);
  processes.push(started);
  return started;
}

describe('rounds', () => {
  it('measure every contender, and compare its results with the exact ones', async () => {
    const [exact, off] = [await start('exact'), await start('off')];

    const measured = await playRounds([exact, off], OPTIONS);

    expect(measured.get(exact)?.agreement).toMatchObject({ different: 0 });
    expect(measured.get(off)?.agreement).toMatchObject({ different: 1, mean: 0.1 });
    // Each says that a pass over its one image takes a millisecond.
    const rates = measured.get(exact)?.itemsPerSecond ?? [];
    expect(rates.map(Math.round)).toEqual([1000, 1000]);
  });

  it('end where results change from round to round', async () => {
    await expect(playRounds([await start('changing')], OPTIONS)).rejects.toThrow('[RESULTS_CHANGED]');
  });

  it('tell what a contender said before it ended', async () => {
    await expect(start('broken')).rejects.toThrow(/CONTENDER_FAILED.*broken.*no such library/s);
  });

  it('take along a contender that does not end by itself', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [BROKEN_OFF], { timeout: 120_000 });
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(1);
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    });
    // Nobody has waited for it yet where its parent is gone, so that it may be there as what has ended.
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
