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

describe('sweep options', () => {
  it('make every combination a point', () => {
    expect(sweep('photos/', '--workers', '4,1', '--operation', 'stats,mean', '--repeats', '2')).toMatchObject(
      {
        rounds: 2,
        points: [
          { operation: 'stats', engine: 'daft', workers: 1 },
          { operation: 'stats', engine: 'daft', workers: 4 },
          { operation: 'mean', engine: 'daft', workers: 1 },
          { operation: 'mean', engine: 'daft', workers: 4 },
        ],
      },
    );
  });

  it('have defaults for all that is varied', () => {
    expect(sweep('photos/')).toEqual({
      rounds: 3,
      keepFleets: false,
      points: [1, 2, 4].map((workers) => ({ operation: 'stats', engine: 'daft', workers })),
      request: { prefix: 'photos/' },
    });
  });

  it('give all points what they have in common, but nothing of the serverless arm', () => {
    const made = sweep('--operation', 'normalise,stats', '--format', 'jpeg', '--batch-size', '7');
    expect(made).toMatchObject({ request: { normalise: { format: 'jpeg' }, batchSize: 7 } });
    expect(made).not.toHaveProperty('request.operation');
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
    [['--repeats', '51'], 'Expected number of at most 50 for `repeats`'],
    [['--format', 'png'], 'Expected nothing unless `operation` is "normalise" for `normalise`'],
    [['--batch-size', '0'], 'for `batchSize` but received 0'],
  ])('are checked before anything is done: %j', (args, problem) => {
    expect(() => sweep('photos/', ...args)).toThrow(problem);
  });
});
