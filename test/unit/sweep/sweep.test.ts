import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latest, readSweep, requestOfPoint, turnsLeft, writeSweep } from '../../../src/sweep/sweep.ts';
import { failed, NORMALISE, POINTS, STATS, sampleSweep, succeeded } from './sample.ts';

const turns = (all: readonly { round: number; point: number }[]) =>
  all.map(({ round, point }) => `${round}.${point}`);

describe('turnsLeft', () => {
  it('is the whole order at first', () => {
    expect(turns(turnsLeft(sampleSweep()))).toEqual(['0.0', '0.1', '0.2', '1.2', '1.1', '1.0']);
  });

  it('leaves out what succeeded, and has what failed again', () => {
    const sweep = sampleSweep([succeeded(0, 0), failed(1, 0), succeeded(2, 0)]);
    expect(turns(turnsLeft(sweep))).toEqual(['0.1', '1.2', '1.1', '1.0']);
  });

  it('takes the last measurement of a turn', () => {
    const sweep = sampleSweep([failed(1, 0), succeeded(1, 0)]);
    expect(turns(turnsLeft(sweep))).not.toContain('0.1');
    expect(latest(sweep)).toEqual([succeeded(1, 0)]);
  });
});

describe('requestOfPoint', () => {
  const request = (point: number) => requestOfPoint(sampleSweep(), POINTS[point] ?? POINTS[0] ?? never());

  it('is the fleet arm once, with the workload of its point', () => {
    expect(request(1)).toEqual({
      prefix: 'photos/',
      batchSize: 25,
      workload: STATS,
      engine: 'daft',
      workers: 2,
      arms: ['fleet'],
      repeats: 1,
      baseline: false,
      concurrency: 2,
    });
    expect(request(2)).toMatchObject({ workload: NORMALISE });
  });

  it('cuts the images into the same batches for any worker count', () => {
    expect(new Set(POINTS.map((_, i) => request(i).concurrency))).toEqual(new Set([2]));
  });
});

describe('the file of a sweep', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-sweep-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is read as it was written, and nothing is left beside it', async () => {
    const sweep = sampleSweep([succeeded(0, 0), failed(1, 0)]);
    const file = join(folder, 'sweep.json');
    await writeSweep(file, sampleSweep());
    await writeSweep(file, sweep);
    expect(await readSweep(file)).toEqual(sweep);
    expect(await readdir(folder)).toEqual(['sweep.json']);
  });

  it.each([
    ['that is not there', undefined, 'SWEEP_UNREADABLE'],
    ['that is no JSON', '{', 'SWEEP_UNREADABLE'],
    ['that is something else', '{"schemaVersion":1}', 'INVALID_INPUT'],
  ])('is refused %s', async (_, text, code) => {
    const file = join(folder, `${code}-${text?.length}.json`);
    if (text !== undefined) await writeFile(file, text);
    await expect(readSweep(file)).rejects.toMatchObject({ code, source: 'user' });
  });
});

function never(): never {
  throw new Error('no such point');
}
