import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ObjectStore } from '../../aws/object-store.ts';
import { FanfleetError } from '../../errors.ts';
import type { RequestInput } from '../../run/request.ts';
import { newRunId } from '../../run/start.ts';
import { figuresOfSweep } from '../../sweep/figures.ts';
import { renderSweep } from '../../sweep/markdown.ts';
import { type Measurement, measurementOf } from '../../sweep/measurement.ts';
import type { Turn } from '../../sweep/order.ts';
import { pointName } from '../../sweep/point.ts';
import { readProcessing } from '../../sweep/processing.ts';
import { newSweep, readSweep, requestOfPoint, type Sweep, turnsLeft, writeSweep } from '../../sweep/sweep.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';
import type { SweepRequest, SweepToContinue } from '../sweep-options.ts';
import { followToReport, resolveInput, start } from './run.ts';

export interface SweepOptions {
  readonly images?: string | undefined;
  /** Where the table is written too. */
  readonly out?: string | undefined;
  readonly sweep: SweepRequest | SweepToContinue;
}

/** Measure every point in every round, each by a run with the fleet arm alone, and compare them. */
export async function sweepCommand(context: Context, { images, out, sweep: asked }: SweepOptions) {
  const aws = await connect(context);
  const { file, sweep } =
    'continue' in asked ? await goOn(context, asked.continue) : await begin(context, aws, images, asked);
  const measured = await measureAll(context, aws, file, sweep);
  const figures = figuresOfSweep(measured);
  const text = renderSweep(measured, figures);
  for (const page of [join(dirname(file), 'sweep.md'), ...(out === undefined ? [] : [resolve(out)])]) {
    await writeFile(page, text);
  }
  const { digestsEqual, failedRuns: failedArms, failedImages } = figures;
  return {
    json: { file, ...measured, figures },
    text: `${text}\n${file}`,
    exitCode: exitCodeOf({ digestsEqual, failedArms, failedImages }),
  };
}

interface KeptSweep {
  readonly file: string;
  readonly sweep: Sweep;
}

async function begin(
  context: Context,
  aws: Aws,
  images: string | undefined,
  { points, rounds, request }: SweepRequest,
): Promise<KeptSweep> {
  const now = new Date();
  const sweep = newSweep({
    sweepId: newRunId(now),
    startedAt: now.getTime(),
    stage: context.stage,
    request: await resolveInput(context, aws, { images, request }),
    points: [...points],
    rounds,
  });
  const folder = join(context.home, 'sweeps', sweep.sweepId);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'sweep.json');
  await writeSweep(file, sweep);
  return { file, sweep };
}

async function goOn({ stage }: Context, given: string): Promise<KeptSweep> {
  const file = resolve(given);
  const sweep = await readSweep(file);
  if (sweep.stage === stage) return { file, sweep };
  const message = `Expected the stage ${sweep.stage}, where the sweep was begun, but received ${stage}.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

/** Every measurement is kept as soon as it is there, so that nothing is measured twice. */
async function measureAll(context: Context, aws: Aws, file: string, begun: Sweep): Promise<Sweep> {
  const { io } = context;
  const left = turnsLeft(begun);
  let sweep = begun;
  try {
    for (const [done, turn] of left.entries()) {
      const point = sweep.points[turn.point];
      if (point === undefined) continue;
      io.note(`${done + 1} of ${left.length}: ${pointName(point)}, round ${turn.round + 1}`);
      const measurement = await measure(context, aws, turn, requestOfPoint(sweep, point));
      if (measurement.status === 'failed') io.note(`failed: ${measurement.error.message}`);
      sweep = { ...sweep, measurements: [...sweep.measurements, measurement] };
      await writeSweep(file, sweep);
    }
  } catch (error) {
    io.note(`What was measured is kept; go on with: fanfleet sweep --continue ${file}`);
    throw error;
  }
  return sweep;
}

/** @throws FanfleetError what is wrong with the request, and so with that of every point; or what is no fault of AWS */
async function measure(context: Context, aws: Aws, turn: Turn, input: RequestInput): Promise<Measurement> {
  const runId = await start(context, aws, input);
  try {
    const { summary } = await followToReport(context, aws, runId, input);
    const processing = await readProcessing(new ObjectStore(aws.s3, aws.stack.runsBucket), runId);
    return measurementOf(turn, summary, processing);
  } catch (reason) {
    context.signal.throwIfAborted();
    const { code, message, source } = FanfleetError.from(reason);
    if (source !== 'aws') throw reason;
    return { ...turn, runId, status: 'failed', error: { code, message } };
  }
}
