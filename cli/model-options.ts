import { type Command, Option } from 'commander';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '../src/contract/engines.ts';
import { MARKETS } from '../src/contract/market.ts';
import { STORAGE_CLASSES } from '../src/cost/storage-classes.ts';
import { type Job, jobSchema } from '../src/model/job.ts';
import { parse } from '../src/parse.ts';
import { WORKLOAD_NAMES } from '../src/workloads/names.ts';
import { DEFAULT_WORKLOAD } from '../src/workloads/schemas.ts';
import { number } from './numbers.ts';

/** What a command line says of a job that is to be predicted. */
export interface ModelRequest {
  /** What was said: the rest is as in the run of `from`, or has its default. */
  readonly job: Partial<Job>;
  /** Settings of the workload that say how many stages it has. */
  readonly params: Readonly<Record<string, unknown>>;
  /** A run id, or the path of a summary.json. */
  readonly from?: string | undefined;
  /** Take of an offline run only what holds in an account too. */
  readonly inAws: boolean;
  readonly region?: string | undefined;
}

/** Add the options of a job. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--items <n>', 'how many, e.g. 50e6 (with --from: as in that run)', number)
    .option('--bytes <n>', 'mean size of an item, e.g. 110e3', number)
    .addOption(new Option('--workload <name>', `default: ${DEFAULT_WORKLOAD.name}`).choices(WORKLOAD_NAMES))
    .option(
      '--max-iterations <n>',
      'of a workload with several stages: as many (default: the most that it may have, with --from as many as it had)',
      number,
    )
    .addOption(
      new Option(
        '--storage-class <name>',
        'of the items, which GETs and retrieval are billed by (default: STANDARD)',
      ).choices(STORAGE_CLASSES),
    )
    .option('--packed', 'the items lie in tar shards')
    .option('--batch-size <n>', 'most items in a batch (default: 100)', number)
    .option('--concurrency <n>', 'measure functions at once (default: 1000)', number)
    .option(
      '--account-concurrency <n>',
      "Lambda's quota of the account (default: with --stage what Lambda says, else 1000)",
      number,
    )
    .option('--memory <mb>', 'of a measure function (default: 1769)', number)
    .addOption(
      new Option('--architecture <name>', 'of the functions (default: arm64)').choices(['x86_64', 'arm64']),
    )
    .option('--warm', 'the functions are warm from a run before')
    .addOption(
      new Option('--engine <name>', `of the fleet (default: ${DEFAULT_ENGINE})`).choices(ENGINE_NAMES),
    )
    .option('--workers <n>', 'of the fleet, beside the head (default: 2)', number)
    .option('--instance-type <type>', 'of the fleet (default: t3.medium)')
    .addOption(new Option('--market <name>', 'of the workers (default: on-demand)').choices(MARKETS))
    .option('--interruptions <n>', 'of Spot workers: part taken back in an hour, e.g. 0.01', number)
    .option('--partitions <n>', 'that S3 has made of the prefix (default: 1)', number)
    .option('--region <name>', 'whose prices count (default: AWS_REGION or us-east-1)')
    .option('--from <run>', 'a measured run, or its summary.json, instead of the built-in figures')
    .option('--in-aws', 'with --from: what an offline run says of an account', false);
}

interface Flags extends Partial<Job> {
  readonly bytes?: number;
  readonly interruptions?: number;
  readonly storageClass?: string;
  readonly maxIterations?: number;
  readonly from?: string;
  readonly inAws: boolean;
  readonly region?: string;
}

/** @throws FanfleetError `INVALID_INPUT` that lists what is wrong */
export function modelRequestOf(flags: Flags): ModelRequest {
  const { bytes, interruptions, storageClass, maxIterations, from, inAws, region, ...rest } = flags;
  const given = {
    ...rest,
    ...(bytes === undefined ? {} : { bytesPerItem: bytes }),
    ...(storageClass === undefined ? {} : { storage: [{ storageClass, gets: 1, bytes: 1 }] }),
    ...(interruptions === undefined ? {} : { interruptionsPerHour: interruptions }),
  };
  // With a run the items are known; without one, checking now names `items`.
  parse(jobSchema, from === undefined ? given : { items: 1, ...given }, 'The job');
  const params = maxIterations === undefined ? {} : { maxIterations };
  return { job: given, params, from, inAws, region };
}
