import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type Comparison,
  newComparison,
  readComparison,
  runsLeft,
  sideOf,
  withMeasurement,
  writeComparison,
} from '../../compare/comparison.ts';
import { renderComparison, turnName } from '../../compare/markdown.ts';
import { FanfleetError } from '../../errors.ts';
import { newRunId } from '../../run/start.ts';
import type { ComparisonRequest, ComparisonToContinue } from '../compare-options.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { ComparisonRunner } from './comparison-runner.ts';
import { measureTurns } from './measure-turns.ts';
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
  const { file, comparison } =
    'continue' in asked ? await goOn(context, asked.continue) : await begin(context, aws, images, asked);
  const measured = await measureAll(context, aws, file, comparison);
  const text = renderComparison(measured);
  for (const page of [join(dirname(file), 'comparison.md'), ...(out === undefined ? [] : [resolve(out)])]) {
    await writeFile(page, text);
  }
  return {
    json: { file, ...measured },
    text: `${text}\n${file}`,
    exitCode: exitCodeOfComparison(measured, failIfSlower),
  };
}

interface KeptComparison {
  readonly file: string;
  readonly comparison: Comparison;
}

async function begin(
  context: Context,
  aws: Aws,
  images: string | undefined,
  { request, repeats, null: nullComparisons, minEffect, ...asked }: ComparisonRequest,
): Promise<KeptComparison> {
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
  const folder = join(context.home, 'comparisons', comparison.comparisonId);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'comparison.json');
  await writeComparison(file, comparison);
  return { file, comparison };
}

async function goOn({ stage }: Context, given: string): Promise<KeptComparison> {
  const file = resolve(given);
  const comparison = await readComparison(file);
  if (comparison.stage === stage) return { file, comparison };
  const message = `Expected the stage ${comparison.stage}, where the comparison was begun, but received ${stage}.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

async function measureAll(context: Context, aws: Aws, file: string, begun: Comparison): Promise<Comparison> {
  const left = runsLeft(begun);
  if (left.length === 0) return begun;
  const { comparisonId: id, state, request, a, b } = begun;
  const sides = { sides: [a, b], sideOf: (point: number) => sideOf(begun, point) };
  const runner = await ComparisonRunner.create(context, aws, { id, state, request, ...sides });
  try {
    await runner.warmUp();
    return await measureTurns(context, begun, {
      left,
      nameOf: turnName,
      measure: async (kept, turn) => {
        const { measurement, environment } = await runner.measure(turn);
        return {
          kept: withMeasurement(kept, measurement, environment),
          failure: measurement.status === 'failed' ? measurement.error.message : null,
        };
      },
      write: (kept) => writeComparison(file, kept),
      goOn: `fanfleet compare --continue ${file}`,
    });
  } finally {
    await runner.end();
  }
}

/** Where nothing can be said, that is no success; nor is it that B is slower, where it was not to be. */
export function exitCodeOfComparison(
  { obstacle, verdict, measurements }: Pick<Comparison, 'obstacle' | 'verdict' | 'measurements'>,
  failIfSlower: boolean,
): ExitCode {
  if (obstacle === 'digest') return EXIT.ARMS_DISAGREE;
  if (obstacle === 'failed images') return EXIT.FAILED_IMAGES;
  if (obstacle !== null) return EXIT.ARM_FAILED;
  if (failIfSlower && verdict === 'A faster') return EXIT.THRESHOLD_MISSED;
  const failed = measurements.some((one) => one.status === 'succeeded' && one.failedImages > 0);
  return failed ? EXIT.FAILED_IMAGES : EXIT.OK;
}
