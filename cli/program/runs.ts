import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import { addAdviceOptions, adviceRequestOf } from '../advice-options.ts';
import { REPORT_FORMATS } from '../output-formats.ts';
import { addRequestOptions, requestOf } from '../request-options.ts';
import { wantsDatasetRange } from '../workload-options.ts';

/** Runs: starting one, and looking at it. */
export function addRuns(program: Command, act: Act): void {
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
    act(async (context) =>
      (await import('../commands/run.ts')).runCommand(context, {
        images,
        detach,
        request: requestOf({ ...flags, advice: adviceRequestOf(flags) }, prefix),
        datasetRange: wantsDatasetRange(flags),
      }),
    ),
  );
  addRequestOptions(
    program
      .command('start')
      .description('everything offline: up, dataset, deploy, run, report')
      .option('--images <where>', 'a folder of this machine instead of the samples'),
  ).action(({ images, ...flags }) =>
    act(async (context) =>
      (await import('../commands/start.ts')).startCommand(context, {
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
    .action(() => act(async (context) => (await import('../commands/engines.ts')).enginesCommand(context)));
  program
    .command('workers')
    .description('the hosts of a run, live until it ends (default: the latest run under way)')
    .argument('[run]')
    .option('--once', 'look once; with --json this is so', false)
    .action((run, { once }) =>
      act(async (context) => {
        const { workersCommand } = await import('../commands/workers.ts');
        return workersCommand(context, run, {
          once: once || program.opts<{ json?: boolean }>().json === true,
        });
      }),
    );
  program
    .command('status')
    .description('the latest runs, or one')
    .argument('[run]')
    .action((run) =>
      act(async (context) => (await import('../commands/status.ts')).statusCommand(context, run)),
    );
  program
    .command('report')
    .description('the report of a run (default: the latest)')
    .argument('[run]')
    .addOption(new Option('--format <name>', 'instead of the table for the terminal').choices(REPORT_FORMATS))
    .option('--out <file>', 'where it is written (default: stdout; Parquet: the folder of the run)')
    .action((run, options) =>
      act(async (context) => (await import('../commands/report.ts')).reportCommand(context, run, options)),
    );
}
