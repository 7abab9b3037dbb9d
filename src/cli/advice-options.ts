import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AdviceRequestInput, adviceRequestSchema, STRATEGIES } from '../advice/strategy.ts';
import { parse } from '../parse.ts';
import { number } from './request-options.ts';

const UNITS = { '': 1, s: 1, m: 60, min: 60, h: 3600, d: 86_400 } as const;

/** Add what says which of several ways is the best one. */
export function addStrategyOptions(command: Command): Command {
  return command
    .addOption(new Option('--strategy <name>', 'what counts (default: balanced)').choices(STRATEGIES))
    .option('--weight <n>', 'of cost against time, 0 to 1, if balanced (default: 0.5)', number);
}

/** Add the options of an advice. */
export function addAdviceOptions(command: Command): Command {
  return addStrategyOptions(command)
    .option('--deadline <time>', 'in which it must be done, e.g. 10m', timeSpan)
    .option('--budget <usd>', 'which the arm must not cost more than, e.g. 5', number);
}

export interface AdviceFlags extends Pick<AdviceRequestInput, 'strategy' | 'weight'> {
  readonly deadline?: number;
  readonly budget?: number;
}

/**
 * What the options say of the advice; undefined where they say nothing.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function adviceRequestOf({
  strategy,
  weight,
  deadline,
  budget,
}: AdviceFlags): AdviceRequestInput | undefined {
  const given = Object.entries({ strategy, weight, deadlineSeconds: deadline, budgetUsd: budget });
  const said = given.filter(([, value]) => value !== undefined);
  if (said.length === 0) return undefined;
  const request = Object.fromEntries(said);
  parse(adviceRequestSchema, request, 'What the advice is to heed');
  return request;
}

/** Seconds of `90s`, `10m`, `1.5h`; a number alone is seconds. */
export function timeSpan(value: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(s|m|min|h|d)?$/.exec(value.trim()) ?? [];
  if (digits === '') throw new InvalidArgumentError('Expected a time such as 90s, 10m or 1.5h.');
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}
