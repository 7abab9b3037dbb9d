import { hostname, userInfo } from 'node:os';
import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { SAMPLE_KINDS, type SampleKind } from '../dataset/sample.ts';
import { SHARD_BYTES_RANGE } from '../dataset/shards/pack.ts';
import { KERNELS } from '../kernel/choose-kernel.ts';
import { NORMALISED_FORMATS } from '../kernel/normalisation.ts';
import { OPERATIONS } from '../kernel/operation.ts';
import { parse } from '../parse.ts';
import { normalisationSchema } from '../run/normalise.ts';
import { addAdviceOptions, adviceRequestOf } from './advice-options.ts';
import { byteSize } from './byte-size.ts';
import { adviseCommand } from './commands/advise.ts';
import { cleanCommand } from './commands/clean.ts';
import { compareCommand } from './commands/compare.ts';
import { sampleCommand, uploadCommand } from './commands/dataset.ts';
import { constantsCommand, outliersCommand } from './commands/dataset-results.ts';
import { doctorCommand } from './commands/doctor.ts';
import { enginesCommand } from './commands/engines.ts';
import { estimateCommand } from './commands/estimate.ts';
import {
  addToHistoryCommand,
  HISTORY_FORMATS,
  historyCommand,
  resetHistoryCommand,
} from './commands/history.ts';
import { normaliseCommand } from './commands/normalise.ts';
import { packCommand } from './commands/pack.ts';
import { pricesCommand, refreshPricesCommand } from './commands/prices.ts';
import { REPORT_FORMATS, reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { startCommand } from './commands/start.ts';
import { statsCommand } from './commands/stats.ts';
import { statusCommand } from './commands/status.ts';
import { sweepCommand } from './commands/sweep.ts';
import { tuneCommand } from './commands/tune.ts';
import { deployCommand, downCommand, upCommand } from './commands/up.ts';
import { addCompareOptions, comparisonOf } from './compare-options.ts';
import { type Context, LOCAL } from './context.ts';
import { addModelOptions, modelRequestOf } from './model-options.ts';
import { percentages } from './percentages.ts';
import { addRequestOptions, number, requestOf, wantsDatasetRange } from './request-options.ts';
import { addSweepOptions, sweepOf } from './sweep-options.ts';
import { addTuneOptions, tuneOf } from './tune-options.ts';

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
    .option('--param <name=value...>', 'parameters of the stack (docs/operations.md)')
    .action(({ param }) => act((context) => deployCommand(context, param)));
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
  addAdviceOptions(
    addRequestOptions(
      program
        .command('run')
        .description('run the job over a prefix, to the report')
        .argument('[prefix]', 'of the images in the data bucket, e.g. photos/')
        .option('--images <where>', 'a folder of this machine, or s3://bucket/prefix')
        .option('--resume <run>', 'take over what an earlier run over the same images finished')
        .option('--detach', 'start it and print the run id', false),
    ),
  ).action((prefix, { images, detach, ...flags }) =>
    act((context) =>
      runCommand(context, {
        images,
        detach,
        request: requestOf({ ...flags, advice: adviceRequestOf(flags) }, prefix),
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
  addCompareOptions(
    program
      .command('compare')
      .description('two configurations in pairs of runs: which is faster, or that no difference is shown')
      .argument('[a]', 'e.g. serverless,memory=1769')
      .argument('[b]', 'e.g. serverless,memory=3538, or fleet,engine=ray,workers=4')
      .argument('[prefix]', 'of the images in the data bucket, e.g. photos/'),
  ).action((a, b, prefix, { images, out, failIfSlower = false, ...flags }) =>
    act((context) =>
      compareCommand(context, {
        images,
        out,
        failIfSlower,
        comparison: comparisonOf({ a, b, prefix }, flags),
      }),
    ),
  );
  addTuneOptions(
    program
      .command('tune')
      .description(
        'the functions with other memory (and batch sizes), in turn: time, bill, and which is best',
      )
      .argument('[prefix]', 'of the images in the data bucket, e.g. photos/'),
  ).action((prefix, { images, out, write, ...flags }) =>
    act((context) => tuneCommand(context, { images, out, write, tune: tuneOf(flags, prefix) })),
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
    .addOption(new Option('--format <name>', 'instead of the table for the terminal').choices(REPORT_FORMATS))
    .option('--out <file>', 'where it is written (default: stdout; Parquet: the folder of the run)')
    .action((run, options) => act((context) => reportCommand(context, run, options)));
  addPrices(program, act);
  addModel(program, act);
  addAdvice(program, act);
  addHistory(program, act);
  addLocal(program, act);
  return program;
}

function addPrices(program: Command, act: Act): void {
  const region = () => new Option('--region <name>', 'of AWS (default: AWS_REGION or us-east-1)');
  const prices = program
    .command('prices')
    .description('the prices that bills are made with, and how old they are')
    .addOption(region())
    .action((options) => act((context) => pricesCommand(context, options)));
  prices
    .command('refresh')
    .description("read today's from AWS's price list and Spot market; needs credentials of an account")
    .addOption(region())
    .option('--types <type...>', 'instance types that must be among them')
    .option('--out <folder>', 'where the dated file is written (default: prices/ in FANFLEET_HOME)')
    .option('--publish', 'bill the runs of the stage with them from now on', false)
    .action((_options, command: Command) =>
      act((context) => refreshPricesCommand(context, command.optsWithGlobals())),
    );
}

/** What answers before anything runs. */
function addModel(program: Command, act: Act): void {
  addModelOptions(
    program
      .command('estimate')
      .description('time and cost of a job on both arms before it runs, and what limits them: by formulas'),
  ).action((flags) => act((context) => estimateCommand(context, modelRequestOf(flags))));
  addModelOptions(
    program.command('simulate').description('the same by discrete events, with luck and bad luck'),
  )
    .option('--runs <n>', 'how often, for the distribution', number, 20)
    .option('--seed <n>', 'the same one gives the same answer', number, 1)
    .action(({ runs, seed, ...flags }) =>
      act((context) => simulateCommand(context, { runs, seed, request: modelRequestOf(flags) })),
    );
}

/** Which arm, by the model. `--in-aws` goes without saying: it is about an account. */
function addAdvice(program: Command, act: Act): void {
  const options = addModelOptions(new Command()).options.filter(
    (option) => option.attributeName() !== 'inAws',
  );
  const command = addAdviceOptions(
    program
      .command('advise')
      .description('which arm, with which settings, and what would change that; what is named is kept'),
  );
  for (const option of options) command.addOption(option);
  command.action(({ strategy, weight, deadline, budget, ...flags }) =>
    act((context) =>
      adviseCommand(
        context,
        modelRequestOf({ ...flags, inAws: true }),
        adviceRequestOf({ strategy, weight, deadline, budget }),
      ),
    ),
  );
}

/** What looks at nights, which the stack runs on a schedule. */
function addHistory(program: Command, act: Act): void {
  const by = () =>
    new Option('--by <who>', 'who says so').default(`${userInfo().username}@${hostname()}`, 'you');
  /** `--name` is the option of `history`, wherever it stands. */
  const nameOf = (command: Command) => command.optsWithGlobals<{ name: string }>().name;
  const history = program
    .command('history')
    .description('the nights on the record, their trend, and whether there is a regression')
    .option('--name <history>', 'which history', 'nightly')
    .addOption(new Option('--format <name>', 'of the output').choices(HISTORY_FORMATS).default('text'))
    .action((options) => act((context) => historyCommand(context, options)));
  history
    .command('reset')
    .description('accept the present level as the baseline, on the record')
    .requiredOption('--why <reason>', 'kept for those who come after')
    .addOption(by())
    .action((options, command) =>
      act((context) => resetHistoryCommand(context, { ...options, name: nameOf(command) })),
    );
  history
    .command('add')
    .description('put a run that was started by hand on the record')
    .argument('<run>')
    .addOption(by())
    .action((run, { by }, command) =>
      act((context) => addToHistoryCommand(context, run, { by, name: nameOf(command) })),
    );
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
  const dataset = program
    .command('dataset')
    .description('sample images, uploads, tar shards; what a run found out about its images');
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
  dataset
    .command('constants')
    .description('normalisation constants of the images of a run (default: the latest), ready to be pasted')
    .argument('[run]')
    .option('--percentiles <list>', 'with commas between them, e.g. 0.1,50,99.9', percentages)
    .action((run, { percentiles }) => act((context) => constantsCommand(context, run, percentiles)));
  dataset
    .command('outliers')
    .description('images of a run (default: the latest) that stand out, and those that failed')
    .argument('[run]')
    .action((run) => act((context) => outliersCommand(context, run)));
}
