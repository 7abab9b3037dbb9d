import { type Command, InvalidArgumentError } from 'commander';
import { IMAGE_FILTERS } from '../dataset/image-type.ts';
import { operationSchema } from '../kernel/operation.ts';
import { parse } from '../parse.ts';
import { engineSchema, type RequestInput, requestSchema } from '../run/request.ts';

/** Add an option for every field of the execution input; docs/run.md explains them. */
export function addRequestOptions(command: Command): Command {
  return command
    .option('--operation <name>', `${operationSchema.options.join(' | ')} (default: stats)`)
    .option('--filter <name>', `what counts as an image: ${IMAGE_FILTERS.join(' | ')} (default: suffix)`)
    .option('--arms <names>', 'serverless,fleet (default: both)', (value) => value.split(','))
    .option('--engine <name>', `${engineSchema.options.join(' | ')} (default: daft)`)
    .option('--workers <n>', 'fleet workers beside the head (default: 2)', number)
    .option('--instance-type <type>', 'of the fleet (default: t3.medium)')
    .option('--swap <gib>', 'on each instance of the fleet (default: 0)', number)
    .option('--memory <mb>', 'of a measure function (default: as deployed)', number)
    .option('--concurrency <n>', 'measure functions at once (default: as deployed)', number)
    .option('--batch-size <n>', 'most images in a batch (default: 100)', number)
    .option('--tolerated-failures <percent>', 'batches that may fail (default: 0)', number)
    .option('--repeats <n>', 'rounds, arms in turn (default: 1)', number)
    .option('--parallel', 'run both arms at once; offline they then share cores, and the report says so')
    .option('--sequential', 'run one arm after the other')
    .option('--fleet-deadline <s>', 'seconds after which the fleet arm has failed (default: 3600)', number)
    .option('--no-baseline', 'leave out the single-thread run');
}

type Flags = Partial<Omit<RequestInput, 'schedule' | 'prefix'>> & {
  parallel?: boolean;
  sequential?: boolean;
};

/** The execution input that the options say, checked here already so that a slip costs no upload. */
export function requestOf(
  flags: Flags,
  prefix: string | undefined,
): Omit<RequestInput, 'prefix'> & { prefix?: string | undefined } {
  const { parallel, sequential, ...rest } = flags;
  const schedule = parallel ? 'parallel' : sequential ? 'sequential' : undefined;
  const fields = Object.keys(requestSchema.shape) as (keyof typeof requestSchema.shape)[];
  const request: Record<string, unknown> = { schedule };
  for (const field of fields) {
    if (field in rest) request[field] = rest[field as keyof typeof rest];
  }
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  parse(requestSchema, { prefix: prefix ?? '-', ...given }, 'The request');
  return { ...given, ...(prefix === undefined ? {} : { prefix }) };
}

/** @throws InvalidArgumentError which commander shows with the option's name */
export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw new InvalidArgumentError('Expected a number.');
  return parsed;
}
