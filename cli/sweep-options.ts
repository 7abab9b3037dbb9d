import { Command, Option } from 'commander';
import * as z from 'zod';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '../src/contract/engines.ts';
import { OPERATIONS } from '../src/contract/operation.ts';
import { invalidInput, problemOf } from '../src/invalid-input.ts';
import { parse } from '../src/parse.ts';
import type { PartialRequest } from '../src/run/request.ts';
import { type Point, pointSchema, pointsOf } from '../src/sweep/point.ts';
import { WORKLOAD_NAMES } from '../src/workloads/names.ts';
import {
  DEFAULT_WORKLOAD,
  REQUEST_PARAMS,
  type RunWorkload,
  resolveWorkload,
  workloadRequestSchema,
} from '../src/workloads/schemas.ts';
import { number } from './numbers.ts';
import { addRequestOptions, requestOf } from './request-options.ts';
import { addWorkerList, type WorkerList, workerCounts } from './worker-counts.ts';
import { expectTaken, PARAM_NAMES, paramsIn } from './workload-options.ts';

/** Options of a request that a sweep sets itself or takes lists of, and those of the serverless arm. */
const NOT_SHARED: ReadonlySet<string> = new Set([
  'workload',
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

const countsSchema = z.array(pointSchema.shape.workers);
const axesSchema = z.object({
  workload: z.array(z.enum(WORKLOAD_NAMES)).default([DEFAULT_WORKLOAD.name]),
  operation: z.array(z.enum(OPERATIONS)).optional(),
  engine: z.array(pointSchema.shape.engine).default([DEFAULT_ENGINE]),
  workers: countsSchema.default([1, 2, 4]),
  workersOf: z.partialRecord(pointSchema.shape.engine, countsSchema),
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
    .option(
      '--workers <counts>',
      'worker counts (default: 1,2,4); again with those of one engine: ray=2,3,4',
      addWorkerList,
    )
    .option('--workload <names>', `${WORKLOAD_NAMES.join(',')} (default: ${DEFAULT_WORKLOAD.name})`, list)
    .option('--operation <names>', `of statistics: ${OPERATIONS.join(',')} (default: stats)`, list)
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
  const {
    workload,
    operation,
    engine,
    workers: lists,
    repeats,
    keepFleets,
    continue: file,
    ...shared
  } = flags;
  if (file !== undefined) {
    if (prefix === undefined) return { continue: file };
    throw invalidInput('The sweep', [problemOf('nothing beside `--continue`', 'prefix', prefix)]);
  }
  const engines = (engine as string[] | undefined) ?? [DEFAULT_ENGINE];
  const counts = workerCounts((lists as WorkerList[] | undefined) ?? [], engines);
  const axes = parse(axesSchema, { workload, operation, engine, repeats, ...counts }, 'The sweep');
  const others = Object.fromEntries(Object.entries(shared).filter(([name]) => !PARAM_NAMES.has(name)));
  return {
    points: pointsOf({
      workloads: workloadsOf(axes, paramsIn(shared)),
      engines: axes.engine,
      workers: axes.workers,
      workersOf: axes.workersOf,
    }),
    rounds: axes.repeats,
    keepFleets: keepFleets === true,
    request: requestOf(others, prefix),
  };
}

/** Each workload with those of the settings that it has, statistics once for each operation. */
function workloadsOf(
  { workload, operation }: z.output<typeof axesSchema>,
  params: Readonly<Record<string, unknown>>,
): RunWorkload[] {
  expectTaken({ ...params, ...(operation && { operation }) }, workload);
  return workload.flatMap((name) => {
    const taken = Object.entries(params).filter(([param]) => param in REQUEST_PARAMS[name].shape);
    const common = Object.fromEntries(taken);
    const all =
      name === 'statistics'
        ? (operation ?? ['stats']).map((one) => ({ ...common, operation: one }))
        : [common];
    return all.map((own) =>
      resolveWorkload(parse(workloadRequestSchema, { name, params: own }, 'The sweep')),
    );
  });
}

function list(value: string): string[] {
  return value.split(',');
}
