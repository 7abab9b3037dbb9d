import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodeOfComparison } from '../../../cli/commands/compare.ts';
import { addCompareOptions, comparisonOf } from '../../../cli/compare-options.ts';

/** The comparison that a command line makes. */
function compare(...args: string[]) {
  const command = addCompareOptions(new Command()).argument('[a]').argument('[b]').argument('[prefix]');
  command.exitOverride().configureOutput({ writeErr: () => {} });
  command.parse(args, { from: 'user' });
  const { images: _, out: __, failIfSlower: ___, ...flags } = command.opts();
  const [a, b, prefix] = command.args;
  return comparisonOf({ a, b, prefix }, flags);
}

describe('compare options', () => {
  it('have defaults for all but the two configurations', () => {
    expect(compare('serverless', 'fleet', 'photos/')).toMatchObject({
      ...{ repeats: 7, null: 0, minEffect: 0.05, metric: 'wall', state: 'warm' },
      a: { arm: 'serverless' },
      b: { arm: 'fleet' },
      request: { prefix: 'photos/' },
    });
  });

  it.each([
    ['10%', 0.1],
    ['0.1', 0.1],
    ['0', 0],
  ])('take %s as the least that counts', (text, minEffect) => {
    expect(compare('serverless', 'fleet', '--min-effect', text)).toMatchObject({ minEffect });
  });

  it('give both sides what they have in common', () => {
    const made = compare(
      'serverless',
      'fleet',
      '--operation',
      'mean',
      '--batch-size',
      '7',
      '--fresh',
      '--null',
      '3',
    );
    const workload = { name: 'statistics', params: { operation: 'mean' } };
    expect(made).toMatchObject({ state: 'fresh', null: 3, request: { workload, batchSize: 7 } });
  });

  it.each([
    [['serverless'], 'for `B` but received nothing'],
    [['serverless', 'photos/'], 'The configuration B is not valid'],
    [['serverless', 'serverless,memory=5'], 'for `memory`'],
    [['serverless', 'fleet', '--repeats', '0'], 'for `repeats`'],
    [['serverless', 'fleet', '--metric', 'joy'], 'for `metric`'],
    [['serverless', 'fleet', '--min-effect', 'some'], 'Expected a part such as 5%'],
    [['serverless', 'fleet', '--fresh', '--warm'], 'cannot be used with'],
    [['serverless', 'fleet', '--arms', 'fleet'], 'unknown option'],
    [['--continue', 'c.json', '--repeats', '3'], 'cannot be used with'],
    [['serverless', '--continue', 'c.json'], 'nothing beside `--continue`'],
  ])('refuse %j', (args, said) => {
    expect(() => compare(...args)).toThrow(said);
  });

  it('continue a comparison that is named alone', () => {
    expect(compare('--continue', 'c.json')).toEqual({ continue: 'c.json' });
  });
});

describe('exitCodeOfComparison', () => {
  it.each([
    ['digest', 'not comparable', 4],
    ['failed run', 'not comparable', 5],
    ['contention', 'not comparable', 5],
    ['failed items', 'not comparable', 3],
    [null, 'A faster', 1],
    [null, 'B faster', 0],
    [null, 'no difference shown', 0],
  ] as const)('%s, %s: %d', (obstacle, verdict, code) => {
    expect(exitCodeOfComparison({ obstacle, verdict, measurements: [] }, true)).toBe(code);
    expect(exitCodeOfComparison({ obstacle, verdict, measurements: [] }, false)).toBe(code === 1 ? 0 : code);
  });
});
