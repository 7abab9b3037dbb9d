import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Contender } from '../../../bench/contender.ts';
import { ContenderProcess } from '../../../bench/contender-process.ts';
import type { Job } from '../../../bench/job.ts';
import { playRounds } from '../../../bench/rounds.ts';
import { measureSideBySide } from '../../../bench/side-by-side.ts';

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

function contender(behaviour: string): Contender {
  return { name: behaviour, kind: 'tuned', command: () => [process.execPath, SCRIPT, behaviour] };
}

async function start(behaviour: string): Promise<ContenderProcess> {
  const started = await ContenderProcess.start(contender(behaviour), JOB);
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

describe('measureSideBySide', () => {
  const options = { rounds: 3, seed: 1, onStep: () => {} };
  const answerOf = async (running: ContenderProcess) => (await running.rows())[0]?.[0];

  it('times passes of every contender, looks at what it found, and goes on without one that cannot do it', async () => {
    const steps: string[] = [];
    const [exact, off, broken] = await measureSideBySide(['exact', 'broken', 'off'].map(contender), JOB, {
      ...{ ...options, answerOf },
      onStep: (step) => steps.push(step),
    });
    expect(exact).toMatchObject({ name: 'exact', kind: 'tuned', answer: 10, results: 1 });
    expect(off).toMatchObject({ name: 'off', answer: 11 });
    expect(exact).toHaveProperty('wall', [0.001, 0.001, 0.001]);
    expect(exact).toHaveProperty('cpu.length', 3);
    expect(broken).toMatchObject({ name: 'broken', failure: expect.stringContaining('no such library') });
    expect(steps).toContain('round 3 of 3');
  });

  it('shows one that takes long with a single pass, the first or the first warm one', async () => {
    const most = [
      { first: 29, warm: 29 },
      { first: 31, warm: 29 },
      { first: 31, warm: 31 },
    ];
    const measured = most.map((most) =>
      measureSideBySide([contender('slow')], JOB, { ...options, answerOf, most }),
    );
    const walls = (await Promise.all(measured)).map(([slow]) => slow && 'wall' in slow && slow.wall);
    expect(walls).toEqual([[30], [30], [30, 30, 30]]);
  });

  it('tells why there is no answer', async () => {
    const [exact] = await measureSideBySide([contender('exact')], JOB, {
      ...options,
      answerOf: async () => {
        throw new Error('no answer');
      },
    });
    expect(exact).toMatchObject({ failure: expect.stringContaining('no answer') });
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
