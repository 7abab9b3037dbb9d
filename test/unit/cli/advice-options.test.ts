import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type AdviceFlags, addAdviceOptions, adviceRequestOf } from '../../../cli/advice-options.ts';

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
    [['--deadline', 'soon'], 'Expected a time such as 90s, 20m or 2h'],
    [['--weight', '2'], 'for `weight`'],
    [
      ['--strategy', 'cost', '--weight', '0.5'],
      'Expected nothing unless `strategy` is "balanced" for `weight`',
    ],
    [['--budget', '0'], 'for `budgetUsd`'],
  ])('refuses %j', (args, message) => expect(() => said(...args)).toThrow(message));
});
