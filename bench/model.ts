/**
 * The model beside measurements: `node bench/model.ts --help`.
 *
 * Measures on the deployed offline stack (`fanfleet up`, `fanfleet deploy`) whatever summaries are missing in the folder,
 * takes the model's figures from one run of each arm, and prints what it says of the others beside what they took.
 */
import { join } from 'node:path';
import process, { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { connect } from '../cli/context.ts';
import { EXIT, exitCodeOfError } from '../cli/exit-code.ts';
import { createIo } from '../cli/io.ts';
import { readShell } from '../cli/shell.ts';
import { LOCAL } from '../cli/stage.ts';
import { ARMS, armSchema } from '../src/contract/arm.ts';
import { engineSchema } from '../src/contract/engines.ts';
import { FanfleetError } from '../src/errors.ts';
import { parse } from '../src/parse.ts';
import { readPrices } from '../src/prices/prices.ts';
import { measureRuns, readRuns } from './model/runs.ts';
import { validationTable } from './model/table.ts';
import { validate } from './model/validation.ts';
import { BENCH, ROOT } from './places.ts';

const USAGE = `node bench/model.ts [options]

  --sizes N,…        numbers of images (250,1000,4000)
  --batch-sizes N,…  most images in a batch (25,100)
  --arms NAMES       serverless,fleet (both)
  --engine NAME      of the fleet (grpc)
  --workers N        of the fleet (1)
  --rounds N         of each run; their medians count (3)
  --from NxB         the run that the figures are taken from (1000x100)
  --out DIR          where summaries are kept; those that are there are not measured again (bench/results/model)
  --summaries DIR    measure nothing, only read these
  --within PERCENT   the deviation that is allowed (15); exit code 1 if one is larger
`;

const split = (text: string) => text.split(',');
const counts = z
  .string()
  .transform((text) => split(text).map(Number))
  .pipe(z.array(z.int().min(1)).min(1));
const schema = z.strictObject({
  sizes: counts.default([250, 1000, 4000]),
  'batch-sizes': counts.default([25, 100]),
  arms: z
    .string()
    .transform(split)
    .pipe(z.array(armSchema).min(1))
    .default([...ARMS]),
  engine: engineSchema.default('grpc'),
  workers: z.coerce.number().int().min(1).max(256).default(1),
  rounds: z.coerce.number().int().min(1).default(3),
  from: z
    .string()
    .regex(/^\d+x\d+$/, 'images and batch size, such as 1000x100')
    .default('1000x100'),
  out: z.string().default(join(BENCH, 'results', 'model')),
  summaries: z.string().optional(),
  within: z.coerce.number().positive().default(15),
});

const abort = new AbortController();
process.once('SIGINT', () => abort.abort(new FanfleetError('SIGINT', 'Stopped.', { source: 'user' })));

try {
  const text = { type: 'string' } as const;
  const names = Object.keys(schema.shape).map((name) => [name, text] as const);
  const { values } = parseArgs({
    args: argv.slice(2),
    options: { ...Object.fromEntries(names), help: { type: 'boolean' } },
  });
  if (values.help === true) stdout.write(USAGE);
  else process.exitCode = await main(parse(schema, values, 'The options'));
} catch (reason) {
  const error = FanfleetError.from(reason);
  stderr.write(`model: ${error.source === 'internal' ? error.stack : error.message}\n`);
  process.exitCode = exitCodeOfError(error);
}

async function main(options: z.output<typeof schema>): Promise<number> {
  const folder = options.summaries ?? options.out;
  if (options.summaries === undefined) await measure(options);
  const [items = 0, batchSize = 0] = options.from.split('x').map(Number);
  const runs = await readRuns(folder);
  const compared = validate(runs, { items, batchSize }, readPrices('us-east-1'));
  stdout.write(`${validationTable(compared, runs)}\n`);
  const predicted = compared.filter(({ calibrated }) => !calibrated);
  const within = predicted.filter(({ deviation }) => Math.abs(deviation) <= options.within / 100);
  stdout.write(`\n${within.length} of ${predicted.length} predictions are within ${options.within} %.\n`);
  return within.length === predicted.length ? EXIT.OK : EXIT.THRESHOLD_MISSED;
}

async function measure(options: z.output<typeof schema>): Promise<void> {
  const shell = readShell();
  const io = createIo({ stdout, stderr, json: false, now: Date.now });
  const home = shell.FANFLEET_HOME ?? join(ROOT, '.fanfleet');
  const context = { io, root: ROOT, home, shell, stage: LOCAL, signal: abort.signal };
  const { sizes, rounds, arms, engine, workers } = options;
  const plan = { sizes, batchSizes: options['batch-sizes'], rounds, request: { arms, engine, workers } };
  await measureRuns(context, await connect(context), plan, options.out);
}
