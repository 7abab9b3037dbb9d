import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { RequestInput } from '../../src/run/request.ts';
import { newRunId } from '../../src/run/start.ts';
import { figuresOfSweep } from '../../src/sweep/figures.ts';
import { renderSweep } from '../../src/sweep/markdown.ts';
import { type Measurement, measurementOf } from '../../src/sweep/measurement.ts';
import type { Turn } from '../../src/sweep/order.ts';
import { sweepPage } from '../../src/sweep/page.ts';
import { type Point, pointName } from '../../src/sweep/point.ts';
import { readProcessing } from '../../src/sweep/processing.ts';
import {
  newSweep,
  readSweep,
  requestOfPoint,
  type Sweep,
  turnsLeft,
  writeSweep,
} from '../../src/sweep/sweep.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';
import { allWithModelInBucket } from '../model-of-run.ts';
import type { SweepRequest, SweepToContinue } from '../sweep-options.ts';
import { type KeptFile, keepNew, readKept, writePage } from './kept-file.ts';
import { KeptFleets, onKeptFleet } from './kept-fleets.ts';
import { measureTurns } from './measure-turns.ts';
import { measuredRun } from './measured-run.ts';
import { resolveInput } from './run.ts';

export interface SweepOptions {
  readonly images?: string | undefined;
  /** Where the table is written too. */
  readonly out?: string | undefined;
  readonly sweep: SweepRequest | SweepToContinue;
}

/** Measure every point in every round, each by a run with the fleet arm alone, and compare them. */
export async function sweepCommand(context: Context, { images, out, sweep: asked }: SweepOptions) {
  const aws = await connect(context);
  const { file, kept } =
    'continue' in asked
      ? await readKept(context, 'sweep', asked.continue, readSweep)
      : await begin(context, aws, images, asked);
  const measured = await measureAll(context, aws, file, kept);
  const figures = figuresOfSweep(measured);
  const text = renderSweep(measured, figures);
  await writePage(file, 'sweep', out, text);
  const page = join(dirname(file), 'sweep.html');
  await writeFile(page, sweepPage(measured, figures));
  const { digestsEqual, failedRuns: failedArms, failedItems } = figures;
  return {
    json: { file, page, ...measured, figures },
    text: `${text}\n${file}\n${page}`,
    exitCode: exitCodeOf({ digestsEqual, failedArms, failedItems }),
  };
}

async function begin(
  context: Context,
  aws: Aws,
  images: string | undefined,
  { points, rounds, keepFleets, request }: SweepRequest,
): Promise<KeptFile<Sweep>> {
  const now = new Date();
  const sweep = newSweep({
    sweepId: newRunId(now),
    startedAt: now.getTime(),
    stage: context.stage,
    request: await resolveInput(context, aws, { images, request }),
    points: await allWithModelInBucket(context, aws, points),
    rounds,
    ...(keepFleets ? { keepFleets } : {}),
  });
  return keepNew(context, 'sweep', sweep.sweepId, sweep, writeSweep);
}

async function measureAll(context: Context, aws: Aws, file: string, begun: Sweep): Promise<Sweep> {
  const fleets = new KeptFleets(context, aws, 'sweep');

  const pointAt = ({ point }: Turn): Point => {
    const found = begun.points[point];
    if (found === undefined) throw new Error(`Expected the point ${point} of the sweep but there is none.`);
    return found;
  };
  const requestAt = async (turn: Turn): Promise<RequestInput> => {
    const request = requestOfPoint(begun, pointAt(turn));
    if (!begun.keepFleets) return request;
    const kept = await onKeptFleet(request, fleets);
    await fleets.ready();
    return kept;
  };
  try {
    return await measureTurns(context, begun, {
      left: turnsLeft(begun),
      nameOf: (turn) => `${pointName(pointAt(turn))}, round ${turn.round + 1}`,
      measure: async (kept, turn) => {
        const measurement = await measure(context, aws, turn, await requestAt(turn));
        return {
          kept: { ...kept, measurements: [...kept.measurements, measurement] },
          failure: measurement.status === 'failed' ? measurement.error.message : null,
        };
      },
      write: (kept) => writeSweep(file, kept),
      goOn: `fanfleet sweep --continue ${file}`,
    });
  } finally {
    await fleets.end();
  }
}

async function measure(context: Context, aws: Aws, turn: Turn, input: RequestInput): Promise<Measurement> {
  const runs = new ObjectStore(aws.s3, aws.stack.runsBucket);
  const measured = await measuredRun(context, aws, input, async (summary) =>
    measurementOf(turn, summary, await readProcessing(runs, summary.runId)),
  );
  return { ...turn, ...measured };
}
