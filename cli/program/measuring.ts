import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addCompareOptions, comparisonOf } from '../compare-options.ts';
import { addSweepOptions, sweepOf } from '../sweep-options.ts';
import { addTuneOptions, tuneOf } from '../tune-options.ts';

/** What makes many runs, in turn, to compare them. */
export function addMeasuring(program: Command, act: Act): void {
  addSweepOptions(
    program
      .command('sweep')
      .description(
        'the fleet with other engines, worker counts and workloads, in turn: time, speedup, efficiency',
      )
      .argument('[prefix]', 'of the images in the data bucket, e.g. photos/'),
  ).action((prefix, { images, out, ...flags }) =>
    act(async (context) =>
      (await import('../commands/sweep.ts')).sweepCommand(context, {
        images,
        out,
        sweep: sweepOf(flags, prefix),
      }),
    ),
  );
  addCompareOptions(
    program
      .command('compare')
      .description('two configurations in pairs of runs: which is faster, or that no difference is shown')
      .argument('[a]', 'e.g. serverless,memory=1769')
      .argument('[b]', 'e.g. serverless,memory=3538, or fleet,engine=ray,workers=4')
      .argument('[prefix]', 'of the images in the data bucket, e.g. photos/'),
  ).action((a, b, prefix, { images, out, failIfSlower = false, ...flags }) =>
    act(async (context) =>
      (await import('../commands/compare.ts')).compareCommand(context, {
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
    act(async (context) =>
      (await import('../commands/tune.ts')).tuneCommand(context, {
        images,
        out,
        write,
        tune: tuneOf(flags, prefix),
      }),
    ),
  );
}
