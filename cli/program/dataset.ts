import { type Command, Option } from 'commander';
import { SAMPLE_KINDS, type SampleKind } from '../../src/dataset/sample-kinds.ts';
import { SHARD_BYTES_RANGE } from '../../src/dataset/shards/cut-shards.ts';
import type { Act } from '../act.ts';
import { byteSize } from '../byte-size.ts';
import { number } from '../numbers.ts';
import { percentages } from '../percentages.ts';

/** Images, and what runs found out about them. */
export function addDataset(program: Command, act: Act): void {
  const dataset = program
    .command('dataset')
    .description('sample images, uploads, tar shards; what a run found out about its images');
  dataset
    .command('sample')
    .description('make the sample images on this machine, without the network')
    .addOption(new Option('--kind <name>', 'which ones (default: both)').choices(SAMPLE_KINDS))
    .option('--count <n>', 'how many (default: 1000 photos, 1797 digits)', number)
    .action(({ kind, count }) =>
      act(async (context) =>
        (await import('../commands/dataset.ts')).sampleCommand(
          context,
          kind === undefined ? SAMPLE_KINDS : [kind as SampleKind],
          count,
        ),
      ),
    );
  dataset
    .command('upload')
    .description('put a folder of images into the data bucket')
    .argument('<folder>')
    .requiredOption('--prefix <prefix>', 'put before each key, e.g. train/')
    .option('--requester-pays', 'for requests to that bucket')
    .action((folder, { prefix, requesterPays }) =>
      act(async (context) =>
        (await import('../commands/dataset.ts')).uploadCommand(context, folder, prefix, requesterPays),
      ),
    );
  dataset
    .command('pack')
    .description('write the images under a prefix as tar shards: one GET brings hundreds of them')
    .argument('<prefix>', 'of the images in the data bucket, or what comes before the keys of --images')
    .requiredOption('--to <prefix>', 'put before 000000.tar …, e.g. packed/')
    .option('--shard-size <size>', 'most bytes of a shard (default: 64MiB)', byteSize(SHARD_BYTES_RANGE))
    .option('--images <folder>', 'pack a folder of this machine instead')
    .option('--requester-pays', 'for requests to that bucket')
    .action((prefix, options) =>
      act(async (context) =>
        (await import('../commands/pack.ts')).packCommand(context, { prefix, ...options }),
      ),
    );
  dataset
    .command('constants')
    .description('normalisation constants of the images of a run (default: the latest), ready to be pasted')
    .argument('[run]')
    .option('--percentiles <list>', 'with commas between them, e.g. 0.1,50,99.9', percentages)
    .action((run, { percentiles }) =>
      act(async (context) =>
        (await import('../commands/dataset-results.ts')).constantsCommand(context, run, percentiles),
      ),
    );
  dataset
    .command('outliers')
    .description('images of a run (default: the latest) that stand out, and those that failed')
    .argument('[run]')
    .action((run) =>
      act(async (context) => (await import('../commands/dataset-results.ts')).outliersCommand(context, run)),
    );
}
