import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { type Ablation, ablationJson, ablationText } from '../../src/ablation/ablation.ts';
import { casesTogether, sideOf } from '../../src/ablation/case.ts';
import { type Figure, figuresOf } from '../../src/ablation/figures.ts';
import { evenly } from '../../src/ablation/image-objects.ts';
import { type Lane, measureCases } from '../../src/ablation/rounds.ts';
import { switchesNamed } from '../../src/ablation/switch.ts';
import { type LocalFile, readImageFolder } from '../../src/dataset/folder.ts';
import { FanfleetError } from '../../src/errors.ts';
import { printable } from '../../src/format.ts';
import { measureLocalFiles } from '../../src/local/measure-files.ts';
import { readPrices } from '../../src/prices/prices.ts';
import type { Outcome } from '../act.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { localKernel } from '../local-kernel.ts';
import { expectInteger } from '../numbers.ts';
import { allSwitches, knownSwitches, type PipelineOptions, withPipelines } from '../pipelines.ts';
import { type TextColumn, textTable } from '../text-table.ts';

export interface AblateOptions extends PipelineOptions {
  readonly list?: boolean;
  readonly switch?: readonly string[];
  readonly together?: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly sample: number;
  readonly out?: string;
}

const MOST_ROUNDS = 50;
const REGION = 'us-east-1';

/**
 * Measure mistakes and optimizations of a pipeline that is written on an engine itself: each alone beside the same pipeline without it, and
 * all together; in turn.
 *
 * @throws FanfleetError `INVALID_INPUT` for names that are none, `NO_IMAGES` … as `readImageFolder`, `OUTPUT_UNWRITABLE`, and as `withPipelines`
 */
export async function ablateCommand(
  context: Context,
  folder: string | undefined,
  options: AblateOptions,
): Promise<Outcome> {
  if (options.list) return listSwitches(context);
  if (folder === undefined) throw noFolder();
  const { engine, model, workers, rounds, seed, sample } = options;
  expectInteger('--rounds', rounds, MOST_ROUNDS);
  expectInteger('--sample', sample, Number.MAX_SAFE_INTEGER);
  const { catalogue, switches } = await knownSwitches(context, engine);
  const all = [...switches.mistakes, ...switches.optimizations];
  const named = options.switch === undefined ? all : switchesNamed(options.switch, switches, catalogue);
  const alone = options.together ? [] : named.map((one) => sideOf(one, all));
  const together = options.switch === undefined ? casesTogether(switches) : [];
  const groups = [together, ...alone.map((side) => [side.without, side.with])];
  const files = await soundImages(context, folder, sample);
  const figures = figuresOf(readPrices(REGION), workers);
  const before = loadavg()[0] ?? 0;
  const ablationOf = (lanes: readonly Lane[], over: number): Ablation => ({
    ...{ engine, model, images: files.length, workers, rounds: over, seed, together, alone, lanes },
    machine: {
      processor: cpus()[0]?.model ?? 'unknown processor',
      cores: cpus().length,
      load: [before, loadavg()[0] ?? 0],
    },
  });
  const used = [...new Set(groups.flat().flatMap((one) => one.switches))];
  const lanes = await withPipelines(context, files, { ...options, catalogue, used }, async (pipelines) => {
    const { io, signal } = context;
    io.progress('warming up');
    // Processes and compilers are warm after this one, and every other one has to find what it found.
    const expected = await pipelines.run([]);
    return measureCases(groups, (on) => pipelines.run(on), {
      ...{ rounds, seed, signal },
      expected: { digest: expected.digest, images: files.length },
      onTurn: ({ title }, done, of) => io.progress(`${done} of ${of} runs done; now ${title}`),
      onDone: ({ title }, took) => {
        if (took instanceof FanfleetError) io.note(printable(`${title}: ${took.message}`));
      },
      onRound: (lanes, over) => write(options.out, ablationOf(lanes, over), figures),
    });
  });
  const ablation = ablationOf(lanes, rounds);
  return {
    json: ablationJson(ablation, figures),
    text: ablationText(ablation, figures),
    exitCode: lanes.some(({ failures }) => failures.length > 0) ? EXIT.ARM_FAILED : EXIT.OK,
  };
}

/** Some images of a folder, without those that cannot be decoded: such an image ends most of the pipelines. */
async function soundImages(
  { io, signal }: Context,
  folder: string,
  sample: number,
): Promise<readonly LocalFile[]> {
  const { files, unusable } = await readImageFolder(folder, { signal });
  for (const { key, why } of unusable) io.note(printable(`${key} is left out: ${why}`));
  const some = evenly(files, sample);
  const kernel = await localKernel('auto');
  const sound = new Set<string>();
  for await (const { row } of measureLocalFiles(
    some.map(({ path }) => path),
    { kernel, operation: 'minmax' },
  )) {
    signal.throwIfAborted();
    if ('error' in row) io.note(printable(`${row.key} is left out: ${row.error.message}`));
    else sound.add(row.key);
  }
  const taken = some.filter(({ path }) => sound.has(path));
  if (taken.length > 0) return taken;
  const message = `Expected images in ${folder} that can be decoded but there are none: name a folder that has some.`;
  throw new FanfleetError('NO_IMAGES', message, { source: 'user' });
}

function write(out: string | undefined, ablation: Ablation, figures: readonly Figure[]): void {
  if (out === undefined) return;
  try {
    writeFileSync(out, ablationText(ablation, figures));
  } catch (cause) {
    const message = `Expected to write ${out} but got: ${FanfleetError.from(cause).message}.`;
    throw new FanfleetError('OUTPUT_UNWRITABLE', message, { cause, source: 'user' });
  }
}

const COLUMNS: readonly TextColumn[] = [
  { title: 'name', align: 'left' },
  { title: 'what', align: 'left' },
  { title: 'expected', align: 'left' },
  { title: 'needs', align: 'left' },
  { title: 'engines', align: 'left' },
];

async function listSwitches(context: Context): Promise<Outcome> {
  const { mistakes, optimizations, engines } = await allSwitches(context);
  const withEngines = (all: typeof mistakes) =>
    all.map(({ choices: _, ...one }) => ({
      ...one,
      engines: Object.keys(engines).filter((engine) => engines[engine]?.switches.includes(one.name)),
    }));
  const json = { mistakes: withEngines(mistakes), optimizations: withEngines(optimizations) };
  const table = (all: typeof json.mistakes) =>
    textTable(
      COLUMNS,
      all.map((one) => [one.name, one.what, one.expected, one.needs.join(', '), one.engines.join(', ')]),
    );
  const text = ['Mistakes', ...table(json.mistakes), '', 'Optimizations', ...table(json.optimizations)];
  return { json, text: text.join('\n') };
}

function noFolder(): FanfleetError {
  const message =
    'Expected a folder of images but received none: `fanfleet ablate FOLDER`; `fanfleet dataset sample --kind photos` makes one.';
  return new FanfleetError('USAGE', message, { source: 'user' });
}
