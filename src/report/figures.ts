import type { ArmRound } from '../aggregate/run-facts.ts';
import {
  bytes,
  count,
  duration,
  figure,
  memory,
  percent,
  plural,
  ratio,
  seconds,
  shortDigest,
  UNKNOWN,
  usd,
} from '../format.ts';
import { PHASES, type Phase } from '../timing/phases.ts';
import type { WorkTotals } from '../timing/workers.ts';
import { WORKLOADS } from '../workloads/facts.ts';
import {
  type Cell,
  type CellOf,
  type Column,
  cell,
  type FigureGroup,
  type FigureRow,
  Rows,
  type Value,
  word,
} from './figure-rows.ts';
import { stageFigures } from './stage-figures.ts';
import type { ArmSummary, Summary } from './summary-schema.ts';

/** The table of arms: what every format shows, so that they cannot differ. */
export interface Figures {
  /** The arms, and `one thread` where there is a baseline. */
  readonly columns: readonly string[];
  readonly arms: number;
  readonly speed: FigureGroup;
  /** Without rows where the workload is a single map. */
  readonly stages: FigureGroup;
  readonly cost: FigureGroup;
  readonly answer: FigureGroup;
  readonly phases: FigureGroup;
  readonly work: FigureGroup;
}

export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  provision: 'provision',
  coldStart: 'cold start',
  load: 'load',
  process: 'process',
  write: 'write',
  overhead: 'overhead',
  teardown: 'teardown',
};

export function figuresOf(summary: Summary): Figures {
  const { arms, baseline } = summary;
  const rows = new Rows(
    arms.map((arm) => ({ arm, shown: shownRound(summary, arm) })),
    baseline !== null,
  );
  return {
    arms: arms.length,
    columns: [...arms.map(({ arm }) => arm), ...(baseline === null ? [] : ['one thread'])],
    speed: speedFigures(summary, rows),
    stages: stageFigures(rows),
    cost: costFigures(summary, rows),
    answer: answerFigures(summary, rows),
    phases: phaseFigures(summary, rows),
    work: workFigures(summary, rows),
  };
}

/** In the order in which they are shown. */
export function groupsOf({ speed, stages, cost, answer, phases, work }: Figures): FigureGroup[] {
  return [speed, stages, cost, answer, phases, work].filter(({ rows }) => rows.length > 0);
}

/** Only where something is known of them. */
function processorRow(rows: Rows): FigureRow[] {
  const of = (work: WorkTotals | null | undefined) => (work?.processors ?? []).map(({ name }) => name);
  const row = rows.row(
    'processor',
    '',
    ({ shown }) => word([...new Set(of(shown?.work))].join(', ')),
    word(''),
  );
  return rows.columns.some(({ shown }) => of(shown?.work).length > 0) ? [row] : [];
}

/** Only where memory did not suffice for as many as the model was to have. */
function modelBatchRow(rows: Rows): FigureRow[] {
  if (rows.columns.every(({ shown }) => shown?.work?.modelBatch === undefined)) return [];
  const text = (fitting: number | undefined) =>
    fitting === undefined ? '' : `${fitting}: no memory for more`;
  return [rows.row('images at a time', '', ({ shown }) => word(text(shown?.work?.modelBatch)), word(''))];
}

function speedFigures({ baseline, request, unit }: Summary, rows: Rows): FigureGroup {
  const several = request.repeats > 1;
  return {
    title: 'Speed',
    rows: [
      rows.row('status', '', statusOf, word(baseline?.complete === false ? 'sample' : 'complete')),
      // Beside the times: those of different kernels are not to be compared.
      rows.row(
        'kernel',
        '',
        ({ arm }) => word(arm.kernels.join(', ') || UNKNOWN),
        word(baseline?.kernel ?? ''),
      ),
      ...processorRow(rows),
      ...modelBatchRow(rows),
      rows.row(
        several ? 'wall time, median' : 'wall time',
        'ms',
        ({ arm, shown }) => cell(arm.wallMs?.median ?? shown?.wallMs, duration),
        cell(baseline?.wallMs, duration),
      ),
      ...(several
        ? [
            rows.row('fastest round', 'ms', ({ arm }) => cell(arm.wallMs?.min, duration)),
            rows.row('slowest round', 'ms', ({ arm }) => cell(arm.wallMs?.max, duration)),
          ]
        : []),
      rows.row(
        `${unit.many}/s`,
        `${unit.many}/s`,
        ({ arm }) => cell(arm.itemsPerSecond, figure),
        cell(baseline?.itemsPerSecond, figure),
      ),
      rows.row(
        'MB/s',
        'MB/s',
        ({ arm }) => cell(arm.megabytesPerSecond, figure),
        cell(baselineMegabytes(baseline), figure),
      ),
      rows.row('speedup', 'ratio', ({ arm }) => cell(arm.speedup, ratio), cell(baseline && 1, ratio)),
    ],
  };
}

/** What each arm costs at the prices of AWS; without rows where no bill was made. */
function costFigures({ cost, unit }: Summary, rows: Rows): FigureGroup {
  if (cost === null) return { title: 'Cost', rows: [] };
  const own = ({ arm }: Column) => cost.arms.find((other) => other.arm === arm.arm);
  return {
    title: 'Cost',
    rows: [
      rows.row('cost of a round', 'USD', (column) => cell(own(column)?.usd, usd)),
      rows.row(`per million ${unit.many}`, 'USD', (column) => cell(own(column)?.usdPerMillionItems, usd)),
    ],
  };
}

function answerFigures({ baseline, request, rounds, unit: { many } }: Summary, rows: Rows): FigureGroup {
  const read =
    (value: (shown: ArmRound) => number): CellOf =>
    ({ shown }) =>
      cell(shown?.digest ? value(shown) : null, count);
  const written = [
    // Every measured row vouches for a file.
    rows.row(
      'files written',
      'files',
      read(({ items, failedItems }) => items - failedItems),
      word('none'),
    ),
    rows.row('bytes written', 'bytes', ({ shown }) => cell(shown?.work?.outputBytes, bytes)),
  ];
  const hasDropped = rounds.some(({ arms }) => arms.some(({ droppedBits }) => droppedBits > 0));
  const dropped = rows.row(
    'images cut to 8 bits',
    'images',
    read(({ droppedBits }) => droppedBits),
  );
  return {
    title: 'Answer',
    rows: [
      rows.row(
        many,
        many,
        read(({ items }) => items),
        cell(baseline?.items, count),
      ),
      rows.row(
        `failed ${many}`,
        many,
        read(({ failedItems }) => failedItems),
      ),
      ...(hasDropped ? [dropped] : []),
      ...(WORKLOADS[request.workload.name].writesItems ? written : []),
      rows.row('digest', '', ({ shown }) => ({
        text: shortDigest(shown?.digest ?? null),
        value: shown?.digest ?? null,
      })),
      rows.row('checked', '', ({ shown }) => word(checkOf(shown))),
    ],
  };
}

function phaseFigures({ request }: Summary, rows: Rows): FigureGroup {
  const { columns } = rows;
  const row = (label: string, value: (shown: ArmRound | undefined) => Value) => ({
    label,
    unit: 'ms',
    cells: columns.map(({ shown }) => cell(value(shown), seconds)),
    shares: columns.map(() => ''),
  });
  const unexplained = columns.some(({ shown }) => (shown?.unexplainedMs ?? 0) > 0);
  return {
    title: request.repeats > 1 ? 'Phases of the round shown' : 'Phases',
    rows: [
      ...PHASES.map((phase) => ({
        ...row(PHASE_NAMES[phase], (shown) => shown?.phases?.[phase]),
        phase,
        shares: columns.map(({ shown }) => shareOf(shown, phase)),
      })),
      row('wall time', (shown) => shown?.wallMs),
      ...(unexplained ? [row('unexplained', (shown) => shown?.unexplainedMs)] : []),
    ],
  };
}

function workFigures({ baseline }: Summary, rows: Rows): FigureGroup {
  return {
    title: 'Workers',
    rows: [
      rows.row(
        'workers',
        'workers',
        ({ shown }) => cell(shown?.work?.workerCount, count),
        cell(baseline && 1, count),
      ),
      rows.row('peak batches', 'batches', ({ shown }) => cell(shown?.peakConcurrency, count)),
      rows.row('cold starts', 'cold starts', ({ shown }) => cell(shown?.work?.coldStarts, count)),
      rows.row('CPU time', 'ms', ({ shown }) => cell(shown?.work?.cpuMs, duration)),
      rows.row('peak memory', 'bytes', ({ shown }) => cell(shown?.work?.rssPeakBytes, memory)),
    ],
  };
}

/** The round that stands for an arm. */
export function shownRound(summary: Summary, { arm, shownRound: shown }: ArmSummary): ArmRound | undefined {
  return summary.rounds.find(({ round }) => round === shown)?.arms.find((armRound) => armRound.arm === arm);
}

function shareOf(shown: ArmRound | undefined, phase: Phase): string {
  return shown?.phases && shown.wallMs ? percent(shown.phases[phase] / shown.wallMs) : '';
}

function statusOf({ arm, shown }: Column): Cell {
  if (shown === undefined || arm.rounds === 0) return word('did not run');
  return word(arm.rounds === 1 ? shown.status : `${arm.succeeded} of ${arm.rounds} done`);
}

function checkOf(shown: ArmRound | undefined): string {
  if (shown === undefined) return UNKNOWN;
  if (shown.problems.length > 0) return plural(shown.problems.length, 'problem');
  return shown.valid ? 'all rows sound' : 'not read';
}

function baselineMegabytes(baseline: Summary['baseline']): number | null {
  if (baseline === null || baseline.wallMs === 0) return null;
  return baseline.bytes / 1e6 / (baseline.wallMs / 1000);
}
