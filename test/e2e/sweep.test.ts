import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cli } from '../../scripts/own-stack/cli.ts';
import type { SweepFigures } from '../../src/sweep/figures.ts';
import { type Sweep, sweepSchema } from '../../src/sweep/sweep.ts';
import { copySample } from './support/copy-sample.ts';

const IMAGES = 40;
const STATS = { name: 'statistics', params: { operation: 'stats', depth: '8' } };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-sweep-'));
  await copySample('digits', IMAGES, 'swept/');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Outcome = Sweep & { file: string; figures: SweepFigures };

async function sweep(...args: string[]): Promise<{ code: number | null; outcome: Outcome; stderr: string }> {
  const { code, stdout, stderr } = await cli(inject('home'), ['--json', 'sweep', ...args]);
  return { code, outcome: JSON.parse(stdout) as Outcome, stderr };
}

describe('fanfleet sweep', () => {
  let first: Outcome;

  beforeAll(async () => {
    const { code, outcome, stderr } = await sweep(
      ...['swept/', '--engine', 'grpc', '--workers', '2,1', '--repeats', '1', '--batch-size', '5'],
      ...['--out', join(folder, 'sweep.md')],
    );
    expect(code, stderr).toBe(0);
    first = outcome;
  });

  it('measures every point over the same batches, and all give one digest', async () => {
    expect(first.measurements).toMatchObject(
      [1, 2].map((workersJoined, point) => ({
        ...{ round: 0, point, status: 'succeeded', workersJoined },
        ...{ items: IMAGES, failedItems: 0, batches: 8 },
      })),
    );
    expect(first.figures).toMatchObject({
      digestsEqual: true,
      failedRuns: 0,
      points: [
        { engine: 'grpc', workload: STATS, workers: 1, scaling: { speedup: 1 } },
        { engine: 'grpc', workload: STATS, workers: 2, scaling: { speedup: expect.any(Number) } },
      ],
    });
    for (const measured of first.measurements) {
      if (measured.status === 'failed') continue;
      const { arm, boot, engineStart, processing } = measured.times;
      expect(Math.min(boot, engineStart, processing)).toBeGreaterThan(0);
      expect(boot + engineStart + processing).toBeLessThan(arm);
    }
    for (const [point, { nodes, workerUse }] of first.figures.points.entries()) {
      expect(nodes.map(({ name }) => name)).toEqual(['head', 'worker 1', 'worker 2'].slice(0, 2 + point));
      expect(workerUse.states).toEqual([`${1 + point} ALIVE`]);
      expect(Math.min(...nodes.map(({ memoryPeakBytes }) => memoryPeakBytes?.min ?? 0))).toBeGreaterThan(0);
    }
    const kept = sweepSchema.parse(JSON.parse(await readFile(first.file, 'utf8')));
    expect(kept.measurements).toEqual(first.measurements);
    expect(await readFile(join(folder, 'sweep.md'), 'utf8')).toMatch(
      /\| stats +\| grpc +\| +2 \| +\w+ \| +1 of 1 \|/,
    );
  });

  it('does what is missing of a sweep that was stopped, and only that', async () => {
    // Prepare
    const file = join(folder, 'stopped.json');
    await keep(file, { measurements: first.measurements.slice(0, 1) });

    // Act
    const { code, outcome } = await sweep('--continue', file);

    // Assess
    expect(code).toBe(0);
    expect(outcome.measurements).toMatchObject([first.measurements[0], { point: 1, status: 'succeeded' }]);
    expect(outcome.measurements[1]?.runId).not.toBe(first.measurements[1]?.runId);
  });

  it('ends with 4 where digests differ', async () => {
    const file = join(folder, 'differs.json');
    const [one, two] = first.measurements;
    await keep(file, { measurements: [one, { ...two, digest: 'f'.repeat(64) }] });
    const { code, outcome } = await sweep('--continue', file);
    expect({ code, equal: outcome.figures.digestsEqual }).toEqual({ code: 4, equal: false });
  });

  it('shows a point that fails with its error, goes on with the others, and ends with 5', async () => {
    // Prepare: hosts of this type cannot be had
    const file = join(folder, 'fails.json');
    const request = { ...first.request, instanceType: 't9.enormous' };
    await keep(file, { request, measurements: [] });

    // Act
    const { code, outcome, stderr } = await sweep('--continue', file);

    // Assess
    expect(code).toBe(5);
    expect(outcome.measurements).toHaveLength(2);
    for (const { errors, arm } of outcome.figures.points) {
      expect(arm).toBeNull();
      expect(errors).toMatchObject([{ round: 0, message: expect.stringContaining('t9.enormous') }]);
    }
    expect(stderr).toContain('failed:');
  });

  it('refuses a request that is wrong at once', async () => {
    const { code, stdout } = await cli(inject('home'), ['--json', 'sweep', 'swept/', '--engine', 'hadoop']);
    expect(code).toBe(2);
    expect(stdout).toContain('for `engine.0`');
  });

  async function keep(file: string, changes: object): Promise<void> {
    const { file: _, figures: __, ...kept } = first;
    await writeFile(file, JSON.stringify({ ...kept, ...changes }));
  }
});
