import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { SAMPLE_KINDS, type SampleKind } from '../dataset/sample.ts';
import { SHARD_BYTES_RANGE } from '../dataset/shards/pack.ts';
import { KERNELS } from '../kernel/choose-kernel.ts';
import { NORMALISED_FORMATS } from '../kernel/normalisation.ts';
import { OPERATIONS } from '../kernel/operation.ts';
import { parse } from '../parse.ts';
import { normalisationSchema } from '../run/normalise.ts';
import { byteSize } from './byte-size.ts';
import { cleanCommand } from './commands/clean.ts';
import { sampleCommand, uploadCommand } from './commands/dataset.ts';
import { doctorCommand } from './commands/doctor.ts';
import { enginesCommand } from './commands/engines.ts';
import { normaliseCommand } from './commands/normalise.ts';
import { packCommand } from './commands/pack.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { startCommand } from './commands/start.ts';
import { statsCommand } from './commands/stats.ts';
import { statusCommand } from './commands/status.ts';
import { sweepCommand } from './commands/sweep.ts';
import { deployCommand, downCommand, upCommand } from './commands/up.ts';
import { type Context, LOCAL } from './context.ts';
import { addRequestOptions, number, requestOf, wantsDatasetRange } from './request-options.ts';
import { addSweepOptions, sweepOf } from './sweep-options.ts';

/** What a command ends with. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

/** Does the work of a command with a context made from the global options. */
export type Act = (work: (context: Context) => Promise<Outcome>) => Promise<void>;

/** The command line, with each command's work handed to `act`. */
export function createProgram(act: Act): Command {
  const program = new Command('fanfleet')
    .description(
      'One image job on a serverless fan-out and on an EC2 fleet: same answer, measured, and which to use.',
    )
    .version(packageJson.version)
    .option('--json', 'print one JSON object on stdout')
    .option('--stage <name>', 'of the stack; `local` is the offline AWS', LOCAL)
    .showHelpAfterError('(--help shows what there is)');

  program
    .command('up')
    .description('start the offline AWS')
    .option('--port <n>', 'of AWS (default: FANFLEET_PORT or 4566)', number)
    .option('--ec2-port <n>', 'of EC2 (default: FANFLEET_EC2_PORT or 4577)', number)
    .action((options) => act((context) => upCommand(context, options)));
  program
    .command('deploy')
    .description('deploy the stack to the offline AWS (in an account: sls deploy)')
    .action(() => act(deployCommand));
  program
    .command('down')
    .description('end the offline AWS and all it started')
    .action(() => act(downCommand));
  program
    .command('clean')
    .description('remove sample sets, reports and logs')
    .action(() => act(cleanCommand));
  program
    .command('doctor')
    .description('say what this machine lacks')
    .action(() => act(doctorCommand));

  addDataset(program, act);
  addRequestOptions(
    program
      .command('run')
      .description('run the job over a prefix, to the report')
      .argument('[prefix]', 'of the images in the data bucket, e.g. photos/')
      .option('--images <where>', 'a folder of this machine, or s3://bucket/prefix')
      .option('--resume <run>', 'take over what an earlier run over the same images finished')
      .option('--detach', 'start it and print the run id', false),
  ).action((prefix, { images, detach, ...flags }) =>
    act((context) =>
      runCommand(context, {
        images,
        detach,
        request: requestOf(flags, prefix),
        datasetRange: wantsDatasetRange(flags),
      }),
    ),
  );
  addSweepOptions(
    program
      .command('sweep')
      .description(
        'the fleet with other engines, worker counts and operations, in turn: time, speedup, efficiency',
      )
      .argument('[prefix]', 'of the images in the data bucket, e.g. photos/'),
  ).action((prefix, { images, out, ...flags }) =>
    act((context) => sweepCommand(context, { images, out, sweep: sweepOf(flags, prefix) })),
  );
  addRequestOptions(
    program
      .command('start')
      .description('everything offline: up, dataset, deploy, run, report')
      .option('--images <where>', 'a folder of this machine instead of the samples'),
  ).action(({ images, ...flags }) =>
    act((context) =>
      startCommand(context, {
        images,
        detach: false,
        request: requestOf(flags, undefined),
        datasetRange: wantsDatasetRange(flags),
      }),
    ),
  );
  program
    .command('engines')
    .description('what the fleet can run, with versions')
    .action(() => act(enginesCommand));
  program
    .command('workers')
    .description('the hosts of a run, live until it ends (default: the latest run under way)')
    .argument('[run]')
    .option('--once', 'look once; with --json this is so', false)
    .action((run, { once }) =>
      act(async (context) => {
        // The client of EC2 takes as long to load as all that the other commands need.
        const { workersCommand } = await import('./commands/workers.ts');
        return workersCommand(context, run, {
          once: once || program.opts<{ json?: boolean }>().json === true,
        });
      }),
    );
  program
    .command('status')
    .description('the latest runs, or one')
    .argument('[run]')
    .action((run) => act((context) => statusCommand(context, run)));
  program
    .command('report')
    .description('the report of a run (default: the latest)')
    .argument('[run]')
    .action((run) => act((context) => reportCommand(context, run)));
  addLocal(program, act);
  return program;
}

/** What works on files of this machine, without any AWS. */
function addLocal(program: Command, act: Act): void {
  const kernel = () =>
    new Option('--kernel <name>', 'which one (default: native where it was built)').choices(KERNELS);
  program
    .command('stats')
    .description('result rows (JSONL) of local files and folders, without AWS')
    .argument('<path...>')
    .addOption(new Option('--operation <name>', 'what to compute').choices(OPERATIONS).default('stats'))
    .addOption(
      new Option('--approx', 'means alone, near the true ones, from an eighth of each JPEG').conflicts([
        'operation',
        'histogram',
      ]),
    )
    .addOption(
      new Option('--histogram', 'how often each value occurs, too; of all statistics').conflicts('operation'),
    )
    .addOption(kernel())
    .action((paths, options) => act((context) => statsCommand(context, paths, options)));
  program
    .command('normalise')
    .description('normalised copies of local files and folders, and their rows (JSONL), without AWS')
    .argument('<path...>')
    .requiredOption('--out <folder>', 'where the copies are written, each below it at its path')
    .addOption(new Option('--format <name>', 'of the copies').choices(NORMALISED_FORMATS).default('png'))
    .addOption(
      new Option('--channels <how>', 'stretched with one range, or each with its own')
        .choices(['all', 'each'])
        .default('all'),
    )
    .option('--quality <n>', 'of JPEGs, 1-100', number, 90)
    .addOption(kernel())
    .action((paths, { out, kernel, ...settings }) =>
      act((context) =>
        normaliseCommand(context, paths, {
          out,
          kernel,
          normalisation: parse(normalisationSchema, settings, 'The normalisation'),
        }),
      ),
    );
}

function addDataset(program: Command, act: Act): void {
  const dataset = program.command('dataset').description('sample images, uploads, tar shards');
  dataset
    .command('sample')
    .description('make the sample images on this machine, without the network')
    .addOption(new Option('--kind <name>', 'which ones (default: both)').choices(SAMPLE_KINDS))
    .option('--count <n>', 'how many (default: 1000 photos, 1797 digits)', number)
    .action(({ kind, count }) =>
      act((context) =>
        sampleCommand(context, kind === undefined ? SAMPLE_KINDS : [kind as SampleKind], count),
      ),
    );
  dataset
    .command('upload')
    .description('put a folder of images into the data bucket')
    .argument('<folder>')
    .requiredOption('--prefix <prefix>', 'put before each key, e.g. train/')
    .action((folder, { prefix }) => act((context) => uploadCommand(context, folder, prefix)));
  dataset
    .command('pack')
    .description('write the images under a prefix as tar shards: one GET brings hundreds of them')
    .argument('<prefix>', 'of the images in the data bucket, or what comes before the keys of --images')
    .requiredOption('--to <prefix>', 'put before 000000.tar …, e.g. packed/')
    .option('--shard-size <size>', 'most bytes of a shard (default: 64MiB)', byteSize(SHARD_BYTES_RANGE))
    .option('--images <folder>', 'pack a folder of this machine instead')
    .action((prefix, options) => act((context) => packCommand(context, { prefix, ...options })));
}
