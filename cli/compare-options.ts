import { Command, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { METRICS, type State } from '../src/compare/measurement.ts';
import { parseSide, requestOfSide, type Side } from '../src/compare/side.ts';
import { invalidInput, problemOf } from '../src/invalid-input.ts';
import { parse } from '../src/parse.ts';
import type { PartialRequest } from '../src/run/request.ts';
import { MINIMUM_EFFECT } from '../src/statistics/ratio-test.ts';
import { number } from './numbers.ts';
import { addRequestOptions, requestOf } from './request-options.ts';

/** Options of a request that a comparison sets itself. */
const NOT_SHARED: ReadonlySet<string> = new Set([
  'repeats',
  'arms',
  'scope',
  'parallel',
  'sequential',
  'baseline',
]);

const settingsSchema = z.object({
  repeats: z.int().min(1).max(50).default(7),
  /** Comparisons of A with itself. */
  null: z.int().min(0).max(100).default(0),
  minEffect: z.number().min(0).max(10).default(MINIMUM_EFFECT),
  metric: z.enum(METRICS).default('wall'),
});

/** What a command line says of a new comparison. */
export interface ComparisonRequest extends Readonly<z.output<typeof settingsSchema>> {
  readonly a: Side;
  readonly b: Side;
  readonly state: State;
  /** What both have in common. */
  readonly request: PartialRequest;
}

/** A comparison that is to be finished, by its `comparison.json`. */
export interface ComparisonToContinue {
  readonly continue: string;
}

/** Add the options of a comparison, and those of a run that both of its sides can have. */
export function addCompareOptions(command: Command): Command {
  const shared = addRequestOptions(new Command()).options.filter(
    (option) => !NOT_SHARED.has(option.attributeName()),
  );
  command
    .option('--images <where>', 'a folder of this machine, or s3://bucket/prefix')
    .option('--repeats <n>', 'pairs of runs, A B and B A in turn (default: 7)', number)
    .option('--null <n>', 'compare A with itself too, so many times (default: 0)', number)
    .option('--min-effect <percent>', 'the least difference that counts (default: 5%)', part)
    .option('--metric <name>', `${METRICS.join(' | ')} (default: wall)`)
    .addOption(new Option('--fresh', 'every run starts all its functions anew').conflicts('warm'))
    .addOption(new Option('--warm', 'an unmeasured run of each before (this is the default)'));
  for (const option of shared) command.addOption(option);
  const others = command.options.map((option) => option.attributeName());
  return command
    .addOption(
      new Option('--continue <file>', 'do what is missing, by its comparison.json').conflicts(others),
    )
    .option('--fail-if-slower', 'end with 1 if A is faster')
    .option('--out <file>', 'write the page as Markdown there too');
}

/** The words before the options. */
export interface CompareArguments {
  readonly a: string | undefined;
  readonly b: string | undefined;
  readonly prefix: string | undefined;
}

/**
 * The comparison that a command line says, checked here already so that a slip costs no upload.
 *
 * @throws FanfleetError `INVALID_INPUT`
 */
export function comparisonOf(
  { a: textA, b: textB, prefix }: CompareArguments,
  flags: Readonly<Record<string, unknown>> & Partial<ComparisonToContinue>,
): ComparisonRequest | ComparisonToContinue {
  const { repeats, null: nulls, minEffect, metric, fresh, warm: _, continue: file, ...shared } = flags;
  if (file !== undefined) {
    if (textA === undefined) return { continue: file };
    throw invalidInput('The comparison', [problemOf('nothing beside `--continue`', 'a', textA)]);
  }
  if (textA === undefined || textB === undefined) {
    const name = textA === undefined ? 'A' : 'B';
    const expected = 'a configuration such as `serverless,memory=3538`';
    throw invalidInput('The comparison', [problemOf(expected, name, undefined)]);
  }
  const [a, b] = [parseSide(textA, 'A'), parseSide(textB, 'B')];
  const settings = parse(settingsSchema, { repeats, null: nulls, minEffect, metric }, 'The comparison');
  const request = requestOf(shared, prefix);
  requestOfSide({ prefix: '-', ...request }, a, b);
  requestOfSide({ prefix: '-', ...request }, b, a);
  return { ...settings, a, b, state: fresh === true ? 'fresh' : 'warm', request };
}

/** `5%` or `0.05`. */
function part(value: string): number {
  const parsed = value.endsWith('%') ? Number(value.slice(0, -1)) / 100 : Number(value);
  if (value.trim() === '' || value === '%' || !Number.isFinite(parsed)) {
    throw new InvalidArgumentError('Expected a part such as 5% or 0.05.');
  }
  return parsed;
}
