import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addSweepOptions, sweepOf } from '../../../cli/sweep-options.ts';

/** The sweep that a command line makes. */
function sweep(...args: string[]) {
  const command = addSweepOptions(new Command()).argument('[prefix]').exitOverride();
  command.configureOutput({ writeErr: () => {} });
  command.parse(args, { from: 'user' });
  const { images: _, out: __, ...flags } = command.opts();
  return sweepOf(flags, command.args[0]);
}

const statistics = (operation: string, depth = '8') => ({ name: 'statistics', params: { operation, depth } });

describe('sweep options', () => {
  it('make every combination a point', () => {
    const [stats, mean] = [statistics('stats'), statistics('mean')];
    expect(sweep('photos/', '--workers', '4,1', '--operation', 'stats,mean', '--repeats', '2')).toMatchObject(
      {
        rounds: 2,
        points: [
          { workload: stats, engine: 'daft', workers: 1 },
          { workload: stats, engine: 'daft', workers: 4 },
          { workload: mean, engine: 'daft', workers: 1 },
          { workload: mean, engine: 'daft', workers: 4 },
        ],
      },
    );
  });

  it('have defaults for all that is varied', () => {
    expect(sweep('photos/')).toEqual({
      rounds: 3,
      keepFleets: false,
      points: [1, 2, 4].map((workers) => ({ workload: statistics('stats'), engine: 'daft', workers })),
      request: { prefix: 'photos/' },
    });
  });

  it('give each workload those of the settings that it has', () => {
    const args = ['--operation', 'max,mean', '--depth', 'native', '--format', 'jpeg', '--workers', '1'];
    const made = sweep('photos/', '--workload', 'statistics,normalise,histogram', ...args);
    const points = 'points' in made ? made.points : [];
    expect(points.map(({ workload }) => workload)).toEqual([
      statistics('max', 'native'),
      statistics('mean', 'native'),
      { name: 'normalise', params: { format: 'jpeg', channels: 'all', quality: 90 } },
      { name: 'histogram', params: { depth: 'native' } },
    ]);
    expect(made).toMatchObject({ request: { prefix: 'photos/' } });
    expect(made).not.toHaveProperty('request.workload');
  });

  it('take worker counts of single engines, in the place of those of all', () => {
    const made = sweep('photos/', '--engine', 'dask,ray', '--workers', 'ray=4,2,3', '--workers', '1,2');
    const points = 'points' in made ? made.points : [];
    expect(points.map(({ engine, workers }) => `${engine} ${workers}`)).toEqual([
      ...['dask 1', 'dask 2'],
      ...['ray 2', 'ray 3', 'ray 4'],
    ]);
    const others = sweep('photos/', '--engine', 'dask,ray', '--workers', 'ray=6');
    expect('points' in others && others.points.map(({ workers }) => workers)).toEqual([1, 2, 4, 6]);
  });

  it('make points of knn beside those of statistics', () => {
    const args = ['--workload', 'knn,statistics', '--k', '3', '--ask', '100', '--workers', '1'];
    const made = sweep('photos/', ...args);
    expect('points' in made && made.points.map(({ workload }) => workload)).toEqual([
      { name: 'knn', params: { k: 3, ask: 100, labels: 'auto' } },
      statistics('stats'),
    ]);
  });

  it('give all points what they have in common, but nothing of the serverless arm', () => {
    expect(sweep('--batch-size', '7')).toMatchObject({ request: { batchSize: 7 } });
    for (const option of ['--arms', '--memory', '--concurrency', '--no-baseline', '--resume']) {
      expect(() => sweep(option, '1')).toThrow(`unknown option '${option}'`);
    }
  });

  it('continue a sweep by its file, with nothing beside it', () => {
    expect(sweep('--continue', 'a.json')).toEqual({ continue: 'a.json' });
    expect(() => sweep('photos/', '--continue', 'a.json')).toThrow(
      'Expected nothing beside `--continue` for `prefix` but received "photos/".',
    );
    expect(() => sweep('--continue', 'a.json', '--batch-size', '7')).toThrow('cannot be used with option');
  });

  it.each([
    [['--engine', 'daft,hadoop'], 'for `engine.1` but received "hadoop"'],
    [['--operation', 'median'], 'for `operation.0` but received "median"'],
    [['--workers', '1,0'], 'Expected number of at least 1 for `workers.1` but received 0'],
    [['--workers', 'daft=1,257'], 'Expected number of at most 256 for `workersOf.daft.1`'],
    [['--workers', 'ray=1'], 'Expected counts of one of the engines daft for `workers` but received "ray=1"'],
    [
      ['--workers', '1', '--workers', '2,3'],
      'Expected one list for all engines for `workers` but received ["1","2,3"]',
    ],
    [['--workers', 'daft=1', '--workers', 'daft=2'], 'Expected one list of daft for `workers`'],
    [['--workers', 'daft='], 'Expected a number'],
    [['--repeats', '51'], 'Expected number of at most 50 for `repeats`'],
    [['--workload', 'statistics,sharpen'], 'for `workload.1` but received "sharpen"'],
    [['--format', 'png'], 'Expected nothing unless `workload` is normalise for `format`'],
    [['--workload', 'normalise', '--operation', 'max'], 'unless `workload` is statistics for `operation`'],
    [['--workload', 'normalise', '--quality', '0'], 'for `params.quality` but received 0'],
    [['--scope', 'dataset'], "unknown option '--scope'"],
    [['--batch-size', '0'], 'for `batchSize` but received 0'],
  ])('are checked before anything is done: %j', (args, problem) => {
    expect(() => sweep('photos/', ...args)).toThrow(problem);
  });
});
