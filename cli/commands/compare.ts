import {
  type Comparison,
  newComparison,
  readComparison,
  runsLeft,
  sideOf,
  withMeasurement,
  writeComparison,
} from '../../src/compare/comparison.ts';
import { renderComparison, turnName } from '../../src/compare/markdown.ts';
import { newRunId } from '../../src/run/start.ts';
import type { ComparisonRequest, ComparisonToContinue } from '../compare-options.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { type KeptFile, keepNew, readKept, writePage } from './kept-file.ts';
import { measureSides } from './measure-sides.ts';
import { resolveInput } from './run.ts';

export interface CompareOptions {
  readonly images?: string | undefined;
  /** Where the page is written too. */
  readonly out?: string | undefined;
  /** Whether it is a failure that A is faster. */
  readonly failIfSlower: boolean;
  readonly comparison: ComparisonRequest | ComparisonToContinue;
}

/** The draws of a comparison are the same each time, so that its figures can be computed again. */
const SEED = 1;

/** Measure two configurations in pairs of runs, and judge which is faster. */
export async function compareCommand(
  context: Context,
  { images, out, failIfSlower, comparison: asked }: CompareOptions,
) {
  const aws = await connect(context);
  const { file, kept } =
    'continue' in asked
      ? await readKept(context, 'comparison', asked.continue, readComparison)
      : await begin(context, aws, images, asked);
  const measured = await measureAll(context, aws, file, kept);
  const text = renderComparison(measured);
  await writePage(file, 'comparison', out, text);
  return {
    json: { file, ...measured },
    text: `${text}\n${file}`,
    exitCode: exitCodeOfComparison(measured, failIfSlower),
  };
}

async function begin(
  context: Context,
  aws: Aws,
  images: string | undefined,
  { request, repeats, null: nullComparisons, minEffect, ...asked }: ComparisonRequest,
): Promise<KeptFile<Comparison>> {
  const now = new Date();
  const comparison = newComparison({
    ...asked,
    comparisonId: newRunId(now),
    startedAt: now.getTime(),
    stage: context.stage,
    request: await resolveInput(context, aws, { images, request }),
    rounds: repeats,
    minimumEffect: minEffect,
    nullComparisons,
    seed: SEED,
  });
  return keepNew(context, 'comparison', comparison.comparisonId, comparison, writeComparison);
}

function measureAll(context: Context, aws: Aws, file: string, begun: Comparison): Promise<Comparison> {
  const { comparisonId: id, state, request, a, b } = begun;
  const asked = { id, state, request, sides: [a, b], sideOf: (point: number) => sideOf(begun, point) };
  return measureSides(context, aws, begun, asked, {
    left: runsLeft(begun),
    nameOf: turnName,
    withMeasurement,
    write: (kept) => writeComparison(file, kept),
    goOn: `fanfleet compare --continue ${file}`,
  });
}

/** Where nothing can be said, that is no success; nor is it that B is slower, where it was not to be. */
export function exitCodeOfComparison(
  { obstacle, verdict, measurements }: Pick<Comparison, 'obstacle' | 'verdict' | 'measurements'>,
  failIfSlower: boolean,
): ExitCode {
  if (obstacle === 'digest') return EXIT.ARMS_DISAGREE;
  if (obstacle === 'failed items') return EXIT.FAILED_ITEMS;
  if (obstacle !== null) return EXIT.ARM_FAILED;
  if (failIfSlower && verdict === 'A faster') return EXIT.THRESHOLD_MISSED;
  const failed = measurements.some((one) => one.status === 'succeeded' && one.failedItems > 0);
  return failed ? EXIT.FAILED_ITEMS : EXIT.OK;
}
