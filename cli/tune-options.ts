import { Command, Option } from 'commander';
import * as z from 'zod';
import { weightOf } from '../src/advice/strategy.ts';
import type { State } from '../src/compare/measurement.ts';
import { invalidInput, problemOf } from '../src/invalid-input.ts';
import { parse } from '../src/parse.ts';
import { adviceRequestSchema, type Strategy } from '../src/run/advice-request.ts';
import type { PartialRequest } from '../src/run/request.ts';
import { type Point, pointSchema, pointsOf } from '../src/tune/point.ts';
import { addStrategyOptions } from './advice-options.ts';
import { number } from './numbers.ts';
import { addRequestOptions, requestOf } from './request-options.ts';
import { PARAM_NAMES } from './workload-options.ts';

/** Options of a request that all points can have alike. */
const SHARED: ReadonlySet<string> = new Set([
  ...['workload', ...PARAM_NAMES],
  ...['requesterPays', 'filter', 'shardKeys', 'concurrency', 'toleratedFailures'],
]);

const axesSchema = z.object({
  memory: z.array(pointSchema.shape.memory).default([512, 1024, 1769, 3538]),
  batchSize: z.array(pointSchema.shape.batchSize).default([null]),
  repeats: z.int().min(1).max(50).default(3),
});

/** What a command line says of a new tuning. */
export interface TuneRequest {
  readonly points: readonly Point[];
  readonly rounds: number;
  readonly state: State;
  readonly strategy: Strategy;
  readonly weight: number;
  /** What all points have in common. */
  readonly request: PartialRequest;
}

/** A tuning that is to be finished, by its `tune.json`. */
export interface TuneToContinue {
  readonly continue: string;
}

/** Add the options of a tuning, and those of a run that all of its points can have. */
export function addTuneOptions(command: Command): Command {
  const shared = addRequestOptions(new Command()).options.filter((option) =>
    SHARED.has(option.attributeName()),
  );
  addStrategyOptions(
    command
      .option('--images <where>', 'a folder of this machine, or s3://bucket/prefix')
      .option('--memory <mb>', 'of the functions (default: 512,1024,1769,3538)', numbers)
      .option('--batch-size <n>', 'most images in a batch (default: as deployed)', numbers)
      .option('--repeats <n>', 'rounds of all points, in turn (default: 3)', number)
      .addOption(new Option('--fresh', 'every run starts all its functions anew').conflicts('warm'))
      .addOption(new Option('--warm', 'an unmeasured run of each before (this is the default)')),
  );
  for (const option of shared) command.addOption(option);
  const others = command.options.map((option) => option.attributeName());
  return command
    .addOption(new Option('--continue <file>', 'do what is missing, by its tune.json').conflicts(others))
    .option('--out <file>', 'write the page as Markdown there too')
    .option('--write [file]', 'put the winner into the configuration of the stack (default: serverless.yml)');
}

/**
 * The tuning that the options say, checked here already so that a slip costs no upload.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function tuneOf(
  flags: Readonly<Record<string, unknown>> & Partial<TuneToContinue>,
  prefix: string | undefined,
): TuneRequest | TuneToContinue {
  const { memory, batchSize, repeats, strategy, weight, fresh, warm: _, continue: file, ...shared } = flags;
  if (file !== undefined) {
    if (prefix === undefined) return { continue: file };
    throw invalidInput('The tuning', [problemOf('nothing beside `--continue`', 'prefix', prefix)]);
  }
  const axes = parse(axesSchema, { memory, batchSize, repeats }, 'The tuning');
  const wanted = parse(adviceRequestSchema, { strategy, weight }, 'The tuning');
  return {
    points: pointsOf(axes.memory, axes.batchSize),
    rounds: axes.repeats,
    state: fresh === true ? 'fresh' : 'warm',
    strategy: wanted.strategy,
    weight: weightOf(wanted),
    request: requestOf(shared, prefix),
  };
}

function numbers(value: string): number[] {
  return value.split(',').map(number);
}
