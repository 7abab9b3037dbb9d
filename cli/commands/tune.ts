import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FanfleetError } from '../../src/errors.ts';
import { newRunId } from '../../src/run/start.ts';
import { figuresOf, type PointFigures } from '../../src/tune/figures.ts';
import { renderTune, winnerSentence } from '../../src/tune/markdown.ts';
import { tunePicture } from '../../src/tune/picture.ts';
import { pointName, sideOfPoint } from '../../src/tune/point.ts';
import { type Change, renderChanges, withParams } from '../../src/tune/stack-params.ts';
import { newTune, readTune, runsLeft, type Tune, withMeasurement, writeTune } from '../../src/tune/tune.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';
import { offlineState } from '../offline.ts';
import { LOCAL } from '../stage.ts';
import type { TuneRequest, TuneToContinue } from '../tune-options.ts';
import { type KeptFile, keepNew, readKept, writePage } from './kept-file.ts';
import { measureSides } from './measure-sides.ts';
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
  const { file, kept } =
    'continue' in asked
      ? await readKept(context, 'tune', asked.continue, readTune)
      : await begin(context, aws, images, asked);
  const measured = await measureAll(context, aws, file, kept);
  const figures = figuresOf(measured);
  const page = renderTune(measured, figures);
  await writePage(file, 'tune', out, page);
  await writeFile(join(dirname(file), 'tune.svg'), tunePicture(figures, winnerSentence(measured, figures)));
  const { winner, digestsEqual, failedRuns: failedArms, failedItems } = figures;
  const written =
    write === undefined || write === false || winner === null
      ? null
      : await writeWinner(context, write, winner);
  return {
    json: { file, ...measured, figures, written },
    text: [page, file, ...(written === null ? [] : ['', written.text])].join('\n'),
    exitCode: exitCodeOf({ digestsEqual, failedArms, failedItems }),
  };
}

async function begin(
  context: Context,
  aws: Aws,
  images: string | undefined,
  { points, request, ...asked }: TuneRequest,
): Promise<KeptFile<Tune>> {
  const now = new Date();
  const tune = newTune({
    ...asked,
    points: [...points],
    tuneId: newRunId(now),
    startedAt: now.getTime(),
    stage: context.stage,
    functionLimits:
      context.stage === LOCAL ? ((await offlineState(context))?.functionLimits ?? 'none') : null,
    request: await resolveInput(context, aws, { images, request }),
  });
  return keepNew(context, 'tune', tune.tuneId, tune, writeTune);
}

function measureAll(context: Context, aws: Aws, file: string, begun: Tune): Promise<Tune> {
  const { tuneId: id, state, request } = begun;
  const points = begun.points.map((point) => ({ name: pointName(point), side: sideOfPoint(point) }));
  const pointAt = (index: number) => {
    const found = points[index];
    if (found === undefined) throw new Error(`Expected the point ${index} of the tune but there is none.`);
    return found;
  };
  const sideOf = (point: number) => ({ side: pointAt(point).side, other: pointAt(point).side });
  const asked = { id, state, request, sides: points.map(({ side }) => side), sideOf };
  return measureSides(context, aws, begun, asked, {
    left: runsLeft(begun),
    nameOf: ({ point, round }) => `${pointAt(point).name}, round ${round + 1}`,
    withMeasurement,
    write: (kept) => writeTune(file, kept),
    goOn: `fanfleet tune --continue ${file}`,
  });
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
