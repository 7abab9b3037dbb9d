import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readState } from '../../../localstack/offline.ts';
import { FanfleetError } from '../../errors.ts';
import { newRunId } from '../../run/start.ts';
import { figuresOf, type PointFigures } from '../../tune/figures.ts';
import { renderTune, winnerSentence } from '../../tune/markdown.ts';
import { tunePicture } from '../../tune/picture.ts';
import { pointName, sideOfPoint } from '../../tune/point.ts';
import { type Change, renderChanges, withParams } from '../../tune/stack-params.ts';
import { newTune, readTune, runsLeft, type Tune, withMeasurement, writeTune } from '../../tune/tune.ts';
import { type Aws, type Context, connect, LOCAL } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';
import type { TuneRequest, TuneToContinue } from '../tune-options.ts';
import { ComparisonRunner } from './comparison-runner.ts';
import { measureTurns } from './measure-turns.ts';
import { resolveInput } from './run.ts';

export interface TuneOptions {
  readonly images?: string | undefined;
  /** Where the page is written too. */
  readonly out?: string | undefined;
  /** The configuration that the winner is put into: true for that of the repository. */
  readonly write?: string | boolean | undefined;
  readonly tune: TuneRequest | TuneToContinue;
}

/** Measure the job with functions of every memory (and batch size) in turn, and choose among them. */
export async function tuneCommand(context: Context, { images, out, write, tune: asked }: TuneOptions) {
  const aws = await connect(context);
  const { file, tune } =
    'continue' in asked ? await goOn(context, asked.continue) : await begin(context, aws, images, asked);
  const measured = await measureAll(context, aws, file, tune);
  const figures = figuresOf(measured);
  const page = renderTune(measured, figures);
  const folder = dirname(file);
  for (const path of [join(folder, 'tune.md'), ...(out === undefined ? [] : [resolve(out)])]) {
    await writeFile(path, page);
  }
  await writeFile(join(folder, 'tune.svg'), tunePicture(figures, winnerSentence(measured, figures)));
  const { winner, digestsEqual, failedRuns: failedArms, failedImages } = figures;
  const written =
    write === undefined || write === false || winner === null
      ? null
      : await writeWinner(context, write, winner);
  return {
    json: { file, ...measured, figures, written },
    text: [page, file, ...(written === null ? [] : ['', written.text])].join('\n'),
    exitCode: exitCodeOf({ digestsEqual, failedArms, failedImages }),
  };
}

interface KeptTune {
  readonly file: string;
  readonly tune: Tune;
}

async function begin(
  context: Context,
  aws: Aws,
  images: string | undefined,
  { points, request, ...asked }: TuneRequest,
): Promise<KeptTune> {
  const now = new Date();
  const tune = newTune({
    ...asked,
    points: [...points],
    tuneId: newRunId(now),
    startedAt: now.getTime(),
    stage: context.stage,
    functionCpus: context.stage === LOCAL ? ((await readState(context.home))?.functionCpus ?? 'all') : null,
    request: await resolveInput(context, aws, { images, request }),
  });
  const folder = join(context.home, 'tunes', tune.tuneId);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'tune.json');
  await writeTune(file, tune);
  return { file, tune };
}

async function goOn({ stage }: Context, given: string): Promise<KeptTune> {
  const file = resolve(given);
  const tune = await readTune(file);
  if (tune.stage === stage) return { file, tune };
  const message = `Expected the stage ${tune.stage}, where the tuning was begun, but received ${stage}.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

async function measureAll(context: Context, aws: Aws, file: string, begun: Tune): Promise<Tune> {
  const left = runsLeft(begun);
  if (left.length === 0) return begun;
  const { tuneId: id, state, request, points } = begun;
  const sides = points.map(sideOfPoint);
  const sideOf = (point: number) => {
    const side = sides[point];
    if (side === undefined) throw new Error(`Expected the point ${point} of the tuning but there is none.`);
    return { side, other: side };
  };
  const runner = await ComparisonRunner.create(context, aws, { id, state, request, sides, sideOf });
  try {
    await runner.warmUp();
    return await measureTurns(context, begun, {
      left,
      nameOf: ({ point, round }) =>
        `${points
          .slice(point, point + 1)
          .map(pointName)
          .join()}, round ${round + 1}`,
      measure: async (kept, turn) => {
        const { measurement, environment } = await runner.measure(turn);
        return {
          kept: withMeasurement(kept, measurement, environment),
          failure: measurement.status === 'failed' ? measurement.error.message : null,
        };
      },
      write: (kept) => writeTune(file, kept),
      goOn: `fanfleet tune --continue ${file}`,
    });
  } finally {
    await runner.end();
  }
}

interface Written {
  readonly file: string;
  readonly changes: readonly Change[];
  readonly text: string;
}

/** Put the winner into the parameters of the stack. The stack has it once it is deployed. */
async function writeWinner(
  { root, stage }: Context,
  write: string | true,
  { memory, batchSize }: PointFigures,
): Promise<Written> {
  const file = write === true ? join(root, 'serverless.yml') : resolve(write);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const message = `Expected the configuration of the stack at ${file} but it cannot be read.`;
    throw new FanfleetError('PATH_UNREADABLE', message, { cause, source: 'user' });
  });
  const changed = withParams(text, stage, { memory, ...(batchSize === null ? {} : { batchSize }) });
  if (changed.changes.length === 0) return { file, changes: [], text: `${file} has these values already.` };
  await writeFile(file, changed.text);
  const deploy = stage === LOCAL ? 'fanfleet deploy' : `sls deploy --stage ${stage}`;
  const shown = `${renderChanges(file, changed.changes)}\n\nThe stack has it after: ${deploy}`;
  return { file, changes: changed.changes, text: shown };
}
