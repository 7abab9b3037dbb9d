import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addTuneOptions, tuneOf } from '../../../cli/tune-options.ts';

function said(...args: string[]) {
  const command = addTuneOptions(new Command())
    .argument('[prefix]')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parse(args, { from: 'user' });
  const { out: _, write: __, images: ___, ...flags } = command.opts();
  return tuneOf(flags, command.args[0]);
}

describe('tuneOf', () => {
  it('has four sizes of memory, three rounds and warm functions unless it says otherwise', () => {
    expect(said('x/')).toEqual({
      points: [512, 1024, 1769, 3538].map((memory) => ({ memory, batchSize: null })),
      ...{ rounds: 3, state: 'warm', strategy: 'balanced', weight: 0.5 },
      request: { prefix: 'x/' },
    });
  });

  it('has what the options say', () => {
    expect(
      said(
        'x/',
        '--memory',
        '1024,512',
        '--batch-size',
        '50,20',
        '--repeats',
        '2',
        '--fresh',
        '--strategy',
        'cost',
        '--operation',
        'max',
        '--concurrency',
        '5',
      ),
    ).toMatchObject({
      points: [
        { memory: 512, batchSize: 20 },
        { memory: 1024, batchSize: 20 },
        { memory: 512, batchSize: 50 },
        { memory: 1024, batchSize: 50 },
      ],
      ...{ rounds: 2, state: 'fresh', strategy: 'cost', weight: 0.99 },
      request: { workload: { name: 'statistics', params: { operation: 'max' } }, concurrency: 5 },
    });
    expect(said('--continue', 'tune.json', '--write')).toEqual({ continue: 'tune.json' });
  });

  it.each([
    [['x/', '--memory', '100'], 'for `memory.0`'],
    [['x/', '--memory', 'much'], 'Expected a number'],
    [['x/', '--batch-size', '0'], 'for `batchSize.0`'],
    [['x/', '--strategy', 'cost', '--weight', '0.5'], 'for `weight`'],
    [['x/', '--engine', 'daft'], "unknown option '--engine'"],
    [['x/', '--continue', 'tune.json'], 'Expected nothing beside `--continue`'],
    [['--continue', 'tune.json', '--memory', '512'], 'cannot be used with option'],
  ])('refuses %j', (args, message) => expect(() => said(...args)).toThrow(message));
});
