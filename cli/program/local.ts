import { type Command, Option } from 'commander';
import { DEPTHS } from '../../src/contract/depth.ts';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import { NORMALISED_FORMATS } from '../../src/contract/normalisation.ts';
import { OPERATIONS } from '../../src/contract/operation.ts';
import { EMBEDDING_TYPES } from '../../src/embeddings/embedding.ts';
import { METRICS } from '../../src/embeddings/nearest-embeddings.ts';
import { parse } from '../../src/parse.ts';
import { normaliseParamsSchema } from '../../src/workloads/normalise/schema.ts';
import type { Act } from '../act.ts';
import { number } from '../numbers.ts';

/** What works on files of this machine, without any AWS but where embeddings of S3 are asked. */
export function addLocal(program: Command, act: Act): void {
  const kernel = () =>
    new Option('--kernel <name>', 'which one; auto is native where it was built')
      .choices(KERNEL_CHOICES)
      .default('auto');
  program
    .command('stats')
    .description('result rows (JSONL) of local files and folders, without AWS')
    .argument('<path...>')
    .addOption(new Option('--operation <name>', 'what to compute').choices(OPERATIONS).default('stats'))
    .addOption(
      new Option('--approx', 'means alone, near the true ones, from an eighth of each JPEG').conflicts([
        'operation',
        'histogram',
        'depth',
      ]),
    )
    .addOption(
      new Option('--histogram', 'how often each value occurs, too; of all statistics').conflicts('operation'),
    )
    .addOption(
      new Option('--depth <bits>', 'of images of 16 bits: the high 8, or native, all')
        .choices(DEPTHS)
        .default('8'),
    )
    .addOption(kernel())
    .action((paths, options) =>
      act(async (context) => (await import('../commands/stats.ts')).statsCommand(context, paths, options)),
    );
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
      act(async (context) =>
        (await import('../commands/normalise.ts')).normaliseCommand(context, paths, {
          out,
          kernel,
          normalisation: parse(normaliseParamsSchema, settings, 'The normalisation'),
        }),
      ),
    );
  program
    .command('embed')
    .description('embeddings of local images by a layer of an ONNX model, as Parquet, without AWS')
    .argument('<path...>')
    .requiredOption('--model <file>', 'the .onnx')
    .requiredOption('--layer <name>', 'the value that is the embedding (fanfleet model layers)')
    .requiredOption('--out <file>', 'the Parquet file that is written')
    .option('--description <file>', 'how its tensors are made (default: beside it, with the suffix .json)')
    .addOption(new Option('--type <name>', 'of the numbers').choices(EMBEDDING_TYPES).default('float32'))
    .option('--model-batch <n>', 'images that the model is given at once', number, 8)
    .addOption(kernel())
    .action((paths, options) =>
      act(async (context) => (await import('../commands/embed.ts')).embedCommand(context, paths, options)),
    );
  program
    .command('nearest')
    .description('the images whose embeddings are nearest, exactly')
    .argument('<key|image>', 'a key of the file, or with --model an image of this machine')
    .addOption(
      new Option('--in <file>', 'embeddings as fanfleet writes them: a file, or s3://bucket/key').conflicts(
        'run',
      ),
    )
    .option('--run <id>', 'those of a run of the workload embed')
    .option('--k <n>', 'how many', number, 10)
    .addOption(
      new Option('--metric <name>', 'squared Euclidean distance, or 1 less the cosine')
        .choices(METRICS)
        .default('l2'),
    )
    .option('--model <file>', 'the .onnx that the embeddings are of')
    .option('--description <file>', 'how its tensors are made (default: beside it, with the suffix .json)')
    .addOption(kernel())
    .action((what, options) =>
      act(async (context) => (await import('../commands/nearest.ts')).nearestCommand(context, what, options)),
    );
}
