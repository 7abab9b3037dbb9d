import type { Command } from 'commander';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '../src/contract/engines.ts';
import { KERNEL_CHOICES } from '../src/contract/kernel-choice.ts';
import { MARKETS } from '../src/contract/market.ts';
import { IMAGE_FILTERS } from '../src/dataset/image-type.ts';
import { SHARD_KEYS } from '../src/dataset/shards/shard-keys.ts';
import { parse } from '../src/parse.ts';
import { type RequestInput, requestSchema } from '../src/run/request.ts';
import { number } from './numbers.ts';
import { addWorkloadOptions, type WorkloadFlags, workloadOf } from './workload-options.ts';

/** Add an option for every field of the execution input; docs/run.md explains them. */
export function addRequestOptions(command: Command): Command {
  return addWorkloadOptions(command)
    .option(
      '--kernel <name>',
      `of both arms: ${KERNEL_CHOICES.join(' | ')}: native where both have it (default: auto)`,
    )
    .option('--filter <name>', `what counts as an image: ${IMAGE_FILTERS.join(' | ')} (default: suffix)`)
    .option(
      '--shard-keys <how>',
      `of images in tars: ${SHARD_KEYS.join(' | ')}: by name, or with the tar's key before it (default: auto)`,
    )
    .option(
      '--keys-from <file>',
      'only the images that a Parquet file of this machine or s3://bucket/key names (default: all)',
    )
    .option('--keys-column <name>', 'of that file (default: key)')
    .option('--requester-pays', 'for requests to the bucket of the images (default: as deployed)')
    .option('--arms <names>', 'serverless,fleet (default: both)', list)
    .option('--engine <name>', `${ENGINE_NAMES.join(' | ')} (default: ${DEFAULT_ENGINE})`)
    .option('--fleet <name>', 'a kept fleet, with its engine and workers (`fanfleet fleet start`)')
    .option('--workers <n>', 'fleet workers beside the head (default: 2)', number)
    .option('--workers-max <n>', 'to which the fleet may grow; engine grpc (default: it does not)', number)
    .option('--target-seconds <s>', 'in which it should be done, if it may grow for it', number)
    .option('--instance-type <type>', 'of the fleet (default: t3.medium)')
    .option('--instance-types <types>', 'several, the preferred first: what has no capacity is left', list)
    .option('--market <name>', `of the workers: ${MARKETS.join(' | ')} (default: on-demand)`)
    .option('--swap <gib>', 'on each instance of the fleet (default: 0)', number)
    .option('--memory <mb>', 'of a measure function (default: as deployed)', number)
    .option('--image-memory <mib>', 'most that one image may take (default: what every worker has)', number)
    .option('--concurrency <n>', 'measure functions at once (default: as deployed)', number)
    .option('--batch-size <n>', 'most images in a batch (default: as deployed)', number)
    .option('--tolerated-failures <percent>', 'batches that may fail (default: 0)', number)
    .option('--repeats <n>', 'rounds, arms in turn (default: 1)', number)
    .option('--parallel', 'run both arms at once; offline they then share cores, and the report says so')
    .option('--sequential', 'run one arm after the other')
    .option('--fleet-deadline <s>', 'seconds after which the fleet arm has failed (default: 3600)', number)
    .option('--no-baseline', 'leave out the single-thread run');
}

type Flags = Partial<Omit<RequestInput, 'schedule' | 'prefix' | 'workload'>> &
  WorkloadFlags & { parallel?: boolean; sequential?: boolean };

/** The execution input that the options say, checked here already so that a slip costs no upload. */
export function requestOf(
  flags: Flags,
  prefix: string | undefined,
): Omit<RequestInput, 'prefix'> & { prefix?: string | undefined } {
  // Without `--no-baseline` it is what the workload makes it.
  const { parallel, sequential, workload: _, baseline, ...rest } = flags;
  const workload = workloadOf(flags);
  const schedule = parallel ? 'parallel' : sequential ? 'sequential' : undefined;
  const given: Record<string, unknown> = {
    ...pick(rest, Object.keys(requestSchema.shape)),
    ...(baseline === false ? { baseline } : {}),
    ...(schedule === undefined ? {} : { schedule }),
    ...(workload === undefined ? {} : { workload }),
  };
  parse(requestSchema, { prefix: prefix ?? '-', ...given }, 'The request');
  return { ...given, ...(prefix === undefined ? {} : { prefix }) };
}

/** The fields of these names that have a value. */
function pick(from: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(from).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

const list = (value: string) => value.split(',');
