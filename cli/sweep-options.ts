import { Command, Option } from 'commander';
import * as z from 'zod';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '../src/contract/engines.ts';
import { invalidInput, problemOf } from '../src/invalid-input.ts';
import { parse } from '../src/parse.ts';
import { runOperationSchema } from '../src/run/normalise.ts';
import type { PartialRequest } from '../src/run/request.ts';
import { type Point, pointSchema, pointsOf } from '../src/sweep/point.ts';
import { addRequestOptions, number, requestOf } from './request-options.ts';

/** Options of a request that a sweep sets itself or takes lists of, and those of the serverless arm. */
const NOT_SHARED: ReadonlySet<string> = new Set([
  'operation',
  'engine',
  'workers',
  'repeats',
  'arms',
  'scope',
  'memory',
  'concurrency',
  'toleratedFailures',
  'parallel',
  'sequential',
  'baseline',
]);

/** What a command line says of a new sweep. */
export interface SweepRequest {
  readonly points: readonly Point[];
  readonly rounds: number;
  /** Whether fleets are kept from round to round. */
  readonly keepFleets: boolean;
  /** What all points have in common. */
  readonly request: PartialRequest;
}

const axesSchema = z.object({
  operation: z.array(pointSchema.shape.operation).default(['stats']),
  engine: z.array(pointSchema.shape.engine).default([DEFAULT_ENGINE]),
  workers: z.array(pointSchema.shape.workers).default([1, 2, 4]),
  repeats: z.int().min(1).max(50).default(3),
});

/** Add the options of a sweep: the lists that it varies, and what all its requests have in common. */
export function addSweepOptions(command: Command): Command {
  const shared = addRequestOptions(new Command()).options.filter(
    (option) => !NOT_SHARED.has(option.attributeName()),
  );
  command
    .option('--images <where>', 'a folder of this machine, or s3://bucket/prefix')
    .option('--engine <names>', `${ENGINE_NAMES.join(',')} (default: ${DEFAULT_ENGINE})`, list)
    .option('--workers <counts>', 'worker counts (default: 1,2,4)', (value) => list(value).map(number))
    .option('--operation <names>', `${runOperationSchema.options.join(',')} (default: stats)`, list)
    .option('--repeats <n>', 'rounds of all points, in turn (default: 3)', number)
    .addOption(
      new Option(
        '--keep-fleets',
        'one fleet for each engine and worker count, kept for all rounds',
      ).conflicts('fleet'),
    );
  for (const option of shared) command.addOption(option);
  const others = command.options.map((option) => option.attributeName());
  return command
    .addOption(
      new Option('--continue <file>', 'do what is missing of a sweep, by its sweep.json').conflicts(others),
    )
    .option('--out <file>', 'write the table as Markdown there too');
}

/** A sweep that is to be finished, by its `sweep.json`. */
export interface SweepToContinue {
  readonly continue: string;
}

/**
 * The sweep that the options say, checked here already so that a slip costs no upload.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function sweepOf(
  flags: Readonly<Record<string, unknown>> & Partial<SweepToContinue>,
  prefix: string | undefined,
): SweepRequest | SweepToContinue {
  const { operation, engine, workers, repeats, keepFleets, continue: file, ...shared } = flags;
  if (file !== undefined) {
    if (prefix === undefined) return { continue: file };
    throw invalidInput('The sweep', [problemOf('nothing beside `--continue`', 'prefix', prefix)]);
  }
  const axes = parse(axesSchema, { operation, engine, workers, repeats }, 'The sweep');
  const normalises = axes.operation.includes('normalise');
  const request = requestOf({ ...shared, ...(normalises ? { operation: 'normalise' } : {}) }, prefix);
  const { operation: _, ...common } = request;
  return {
    points: pointsOf({ operations: axes.operation, engines: axes.engine, workers: axes.workers }),
    rounds: axes.repeats,
    keepFleets: keepFleets === true,
    request: common,
  };
}

function list(value: string): string[] {
  return value.split(',');
}
