import { type Command, Option } from 'commander';
import { DEPTHS } from '../src/contract/depth.ts';
import { NORMALISED_FORMATS } from '../src/contract/normalisation.ts';
import { OPERATIONS } from '../src/contract/operation.ts';
import { EMBEDDING_TYPES } from '../src/embeddings/embedding.ts';
import { invalidInput, problemOf } from '../src/invalid-input.ts';
import { NETWORKS } from '../src/workloads/cnn/params.ts';
import { LABEL_SOURCES } from '../src/workloads/labels/label-source.ts';
import { WORKLOAD_NAMES, type WorkloadName } from '../src/workloads/names.ts';
import { DEFAULT_WORKLOAD, REQUEST_PARAMS, type WorkloadRequest } from '../src/workloads/schemas.ts';
import { number } from './numbers.ts';

/** The fields that some workload has among its settings: each is an option. */
export const PARAM_NAMES: ReadonlySet<string> = new Set(
  Object.values(REQUEST_PARAMS).flatMap(({ shape }) => Object.keys(shape)),
);

/** Add the options of a workload: its name, and the settings of all of them; docs/run.md explains them. */
export function addWorkloadOptions(command: Command): Command {
  return command
    .option('--workload <name>', `${WORKLOAD_NAMES.join(' | ')} (default: ${DEFAULT_WORKLOAD.name})`)
    .option('--operation <name>', `of statistics: ${OPERATIONS.join(' | ')} (default: stats)`)
    .option(
      '--depth <bits>',
      `of images of 16 bits, the high 8 or all: ${DEPTHS.join(' | ')} (default: 8; to normalise: all)`,
    )
    .option('--format <name>', `of normalised images: ${NORMALISED_FORMATS.join(' | ')} (default: png)`)
    .option('--channels <how>', 'stretched with one range, or each with its own: all | each (default: all)')
    .option('--quality <n>', 'of normalised JPEGs, 1-100 (default: 90)', number)
    .addOption(
      new Option('--scope <name>', 'what the range is taken from; of the dataset by a minmax run before')
        .choices(['image', 'dataset'])
        .conflicts('statisticsRun'),
    )
    .option('--statistics-run <run>', 'an earlier run over the same images that gives the range')
    .option(
      '--k <n>',
      'of knn: so many of the nearest vote, 1-100 (default: 5); of kmeans: clusters, 1-1000 (default: 10)',
      number,
    )
    .option(
      '--training <prefix>',
      'of the images that knn learns from (default: all but those that are asked)',
    )
    .addOption(
      new Option('--ask <n>', 'of knn without --training: so many images are asked (default: 500)')
        .argParser(number)
        .conflicts('training'),
    )
    .option(
      '--labels <where>',
      `of images of knn, kmeans, classify and cnn: ${LABEL_SOURCES.join(' | ')} | <key>.csv (default: auto)`,
    )
    .option('--starts <how>', 'first centres of kmeans: kmeans++ | <key>.json (default: kmeans++)')
    .option('--seed <n>', 'of the numbers by which kmeans++ chooses, and of cnn (default: 1)', number)
    .option('--max-iterations <n>', 'of kmeans, 1-300 (default: 100)', number)
    .option(
      '--model <model>',
      'of classify and embed: a name (`fanfleet model list`), an .onnx of this machine, or s3://bucket/key',
    )
    .option('--description <file>', 'how its tensors are made (default: beside it, with the suffix .json)')
    .option('--model-labels <file>', 'of its classes (default: beside it, .labels.txt or .labels.json)')
    .option('--top <n>', 'of classify: so many of the best classes are in a row, 1-20 (default: 5)', number)
    .option(
      '--layer <name>',
      'of embed: the value of the model that is the embedding (`fanfleet model layers`)',
    )
    .addOption(
      new Option(
        '--type <name>',
        'of embed: of the numbers in embeddings.parquet (default: float32)',
      ).choices(EMBEDDING_TYPES),
    )
    .option('--model-batch <n>', 'images that a model is given at once, 1-256 (default: 8)', number)
    .option('--network <name>', `of cnn: ${NETWORKS.join(' | ')} (default: small)`)
    .option('--rounds <n>', 'of cnn, after each of which shards are averaged, 1-200 (default: 12)', number)
    .option('--steps <n>', 'of cnn: those of a shard in a round, 1-1000 (default: 20)', number)
    .option('--shards <n>', 'of cnn: parts of the images that learn apart, 1-200 (default: 4)', number)
    .option('--rate <x>', 'of cnn: learning rate of the first round (default: 0.03)', number)
    .option('--momentum <x>', 'of cnn, 0 to less than 1 (default: 0.9)', number);
}

/** What a command line says of a workload. */
export interface WorkloadFlags {
  readonly workload?: string | undefined;
  readonly scope?: 'image' | 'dataset' | undefined;
  readonly [param: string]: unknown;
}

/**
 * The workload that options say, unchecked; nothing where they say none.
 *
 * @throws FanfleetError `INVALID_INPUT` for settings of another workload
 */
export function workloadOf(flags: WorkloadFlags): WorkloadRequest | undefined {
  const { workload: name, ...others } = flags;
  const params = paramsIn(others);
  if (name === undefined && Object.keys(params).length === 0) return undefined;
  const workload = { name: name ?? DEFAULT_WORKLOAD.name, params };
  expectTaken(params, [workload.name]);
  return workload as WorkloadRequest;
}

/** The settings among options. */
export function paramsIn(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => PARAM_NAMES.has(name) && value !== undefined),
  );
}

/**
 * Check that each setting is one of these workloads. Names of no workload are let through: the schema says what there is.
 *
 * @throws FanfleetError `INVALID_INPUT` that names the workloads which have the setting
 */
export function expectTaken(params: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  if (names.some((name) => !isWorkload(name))) return;
  const has = (name: WorkloadName, param: string) => Object.hasOwn(REQUEST_PARAMS[name].shape, param);
  const problems = Object.entries(params)
    .filter(([param]) => !names.some((name) => isWorkload(name) && has(name, param)))
    .map(([param, value]) => {
      const takers = WORKLOAD_NAMES.filter((name) => has(name, param));
      return problemOf(`nothing unless \`workload\` is ${takers.join(' or ')}`, param, value);
    });
  if (problems.length > 0) throw invalidInput('The workload', problems);
}

/**
 * Whether the range of the dataset is to be measured first, by a run of its own.
 *
 * @throws FanfleetError `INVALID_INPUT` where another workload than `normalise` has a scope
 */
export function wantsDatasetRange({ scope, workload }: WorkloadFlags): boolean {
  if (scope === undefined || workload === 'normalise') return scope === 'dataset';
  throw invalidInput('The workload', [problemOf('nothing unless `workload` is normalise', 'scope', scope)]);
}

function isWorkload(name: string): name is WorkloadName {
  return (WORKLOAD_NAMES as readonly string[]).includes(name);
}
