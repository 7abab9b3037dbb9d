import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pointName, pointsOf, sideOfPoint } from '../../../src/tune/point.ts';
import { orderOf, readTune, runsLeft, withMeasurement, writeTune } from '../../../src/tune/tune.ts';
import { failed, measured, tuneOf } from './sample.ts';

describe('points', () => {
  it('are every combination once, ascending', () => {
    expect(pointsOf([1024, 512, 1024], [50, 20]).map(pointName)).toEqual([
      '512 MB, batches of 20',
      '1024 MB, batches of 20',
      '512 MB, batches of 50',
      '1024 MB, batches of 50',
    ]);
    expect(pointsOf([512], [null]).map(pointName)).toEqual(['512 MB']);
  });

  it('are configurations of the serverless arm', () => {
    expect(sideOfPoint({ memory: 512, batchSize: 20 })).toMatchObject({
      arm: 'serverless',
      settings: { memory: 512, batchSize: 20 },
    });
    expect(sideOfPoint({ memory: 512, batchSize: null }).settings).toEqual({ memory: 512 });
  });
});

describe('a tuning', () => {
  it('measures all points in turn, there and back', () => {
    expect(orderOf(tuneOf()).map(({ point }) => point)).toEqual([0, 1, 2, 3, 3, 2, 1, 0]);
  });

  it('goes on with what is missing or failed', () => {
    expect(runsLeft(tuneOf())).toEqual([]);
    const begun = tuneOf({ measurements: [measured(0, 0), failed(0, 1)] });
    expect(runsLeft(begun)[0]).toEqual({ round: 0, point: 1 });
    const more = withMeasurement(begun, measured(0, 1), null);
    expect(runsLeft(more)[0]).toEqual({ round: 0, point: 2 });
    expect(more.measurements).toHaveLength(3);
  });

  it('is kept in a file, and no other file is taken for one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fanfleet-tune-'));
    try {
      const file = join(folder, 'tune.json');
      await writeTune(file, tuneOf());
      expect(await readTune(file)).toEqual(tuneOf());
      await writeFile(file, 'no');
      await expect(readTune(file)).rejects.toThrow('TUNE_UNREADABLE');
      await writeFile(file, '{}');
      await expect(readTune(file)).rejects.toThrow('INVALID_INPUT');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
