import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  type AdviceFlags,
  addAdviceOptions,
  adviceRequestOf,
  timeSpan,
} from '../../../src/cli/advice-options.ts';

function said(...args: string[]) {
  const command = addAdviceOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return adviceRequestOf(command.parse(args, { from: 'user' }).opts<AdviceFlags>());
}

describe('adviceRequestOf', () => {
  it('has what the options say, and is nothing where they say nothing', () => {
    expect(said()).toBeUndefined();
    expect(said('--strategy', 'balanced', '--weight', '0.7', '--deadline', '10m', '--budget', '5')).toEqual({
      strategy: 'balanced',
      weight: 0.7,
      deadlineSeconds: 600,
      budgetUsd: 5,
    });
    expect(said('--deadline', '90')).toEqual({ deadlineSeconds: 90 });
  });

  it.each([
    [['--strategy', 'fast'], 'strategy'],
    [['--weight', 'much'], 'Expected a number'],
    [['--deadline', 'soon'], 'Expected a time such as 90s, 10m or 1.5h'],
    [['--weight', '2'], 'for `weight`'],
    [
      ['--strategy', 'cost', '--weight', '0.5'],
      'Expected nothing unless `strategy` is "balanced" for `weight`',
    ],
    [['--budget', '0'], 'for `budgetUsd`'],
  ])('refuses %j', (args, message) => expect(() => said(...args)).toThrow(message));
});

it.each([
  ['90', 90],
  ['90s', 90],
  ['10m', 600],
  ['10 min', 600],
  ['1.5h', 5400],
  ['2d', 172_800],
])('%s is %d seconds', (text, seconds) => expect(timeSpan(text)).toBe(seconds));

it.each(['', 'm', '-5m', '5 weeks', '1e3', '1h30m'])('%j is no time', (text) =>
  expect(() => timeSpan(text)).toThrow('Expected a time'),
);
