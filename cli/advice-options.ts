import { type Command, Option } from 'commander';
import { parse } from '../src/parse.ts';
import { type AdviceRequestInput, adviceRequestSchema, STRATEGIES } from '../src/run/advice-request.ts';
import { number } from './numbers.ts';
import { timeSpan } from './time-span.ts';

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
