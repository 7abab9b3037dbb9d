import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { SAMPLE_KINDS, type SampleKind } from '../dataset/sample.ts';
import { KERNELS } from '../kernel/choose-kernel.ts';
import { operationSchema } from '../kernel/operation.ts';
import { cleanCommand } from './commands/clean.ts';
import { sampleCommand, uploadCommand } from './commands/dataset.ts';
import { doctorCommand } from './commands/doctor.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { startCommand } from './commands/start.ts';
import { statsCommand } from './commands/stats.ts';
import { statusCommand } from './commands/status.ts';
import { deployCommand, downCommand, upCommand } from './commands/up.ts';
import { type Context, LOCAL } from './context.ts';
import { addRequestOptions, number, requestOf } from './request-options.ts';

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
      .option('--detach', 'start it and print the run id', false),
  ).action((prefix, { images, detach, ...flags }) =>
    act((context) => runCommand(context, { images, detach, request: requestOf(flags, prefix) })),
  );
  addRequestOptions(
    program
      .command('start')
      .description('everything offline: up, dataset, deploy, run, report')
      .option('--images <where>', 'a folder of this machine instead of the samples'),
  ).action(({ images, ...flags }) =>
    act((context) => startCommand(context, { images, detach: false, request: requestOf(flags, undefined) })),
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
  program
    .command('stats')
    .description('result rows (JSONL) of local files and folders, without AWS')
    .argument('<path...>')
    .addOption(
      new Option('--operation <name>', 'what to compute').choices(operationSchema.options).default('stats'),
    )
    .addOption(
      new Option('--kernel <name>', 'which one (default: native where it was built)').choices(KERNELS),
    )
    .action((paths, { operation, kernel }) =>
      act((context) => statsCommand(context, paths, { operation, kernel })),
    );
  return program;
}

function addDataset(program: Command, act: Act): void {
  const dataset = program.command('dataset').description('sample images, and uploads');
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
}
