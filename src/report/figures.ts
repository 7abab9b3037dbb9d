import { PHASES, type Phase } from '../timing/phases.ts';
import {
  bytes,
  count,
  duration,
  figure,
  memory,
  percent,
  plural,
  ratio,
  shortDigest,
  UNKNOWN,
} from './format.ts';
import type { ArmRound, ArmSummary, Summary } from './summary-schema.ts';

/** A row of the table of arms; one cell per column. */
export interface FigureRow {
  readonly label: string;
  readonly cells: readonly string[];
  /** Set in the rows that show a phase: which one, and what part of the wall time it is, per arm. */
  readonly phase?: Phase;
  readonly shares?: readonly string[];
}

export interface FigureGroup {
  readonly title: string;
  readonly rows: readonly FigureRow[];
}

/** The table of arms: what the terminal and the page both show, so that they cannot differ. */
export interface Figures {
  /** The arms, and `one thread` where there is a baseline. */
  readonly columns: readonly string[];
  readonly arms: number;
  readonly speed: FigureGroup;
  readonly phases: FigureGroup;
  readonly work: FigureGroup;
  readonly answer: FigureGroup;
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

interface Column {
  readonly arm: ArmSummary;
  readonly shown: ArmRound | undefined;
}

export function figuresOf(summary: Summary): Figures {
  const columns = summary.arms.map((arm) => ({ arm, shown: shownRound(summary, arm) }));
  const { baseline } = summary;
  const row = (label: string, cell: (column: Column) => string, ofBaseline = ''): FigureRow => ({
    label,
    cells: [...columns.map(cell), ...(baseline === null ? [] : [ofBaseline])],
  });
  const armsRow = (label: string, cell: (column: Column) => string): FigureRow => ({
    label,
    cells: columns.map(cell),
    shares: columns.map(() => ''),
  });
  const ofWork = (cell: (work: NonNullable<ArmRound['work']>) => string) => (column: Column) =>
    column.shown?.work ? cell(column.shown.work) : UNKNOWN;
  const several = summary.request.repeats > 1;
  const unexplained = columns.some(({ shown }) => (shown?.unexplainedMs ?? 0) > 0);
  return {
    arms: columns.length,
    columns: [...summary.arms.map(({ arm }) => arm), ...(baseline === null ? [] : ['one thread'])],
    speed: {
      title: 'Speed',
      rows: [
        row('status', statusOf, baseline?.complete === false ? 'sample' : 'complete'),
        row(
          several ? 'wall time, median' : 'wall time',
          ({ arm, shown }) => duration(arm.wallMs?.median ?? shown?.wallMs ?? null),
          duration(baseline?.wallMs ?? null),
        ),
        ...(several ? [row('wall time, range', rangeOf)] : []),
        row('images/s', ({ arm }) => figure(arm.imagesPerSecond), figure(baseline?.imagesPerSecond ?? null)),
        row('MB/s', ({ arm }) => figure(arm.megabytesPerSecond), figure(baselineMegabytes(summary))),
        row('speedup', ({ arm }) => ratio(arm.speedup), baseline === null ? '' : '1.00x'),
      ],
    },
    phases: {
      title: several ? 'Phases of the round shown' : 'Phases',
      rows: [
        ...PHASES.map((phase) => ({
          phase,
          label: PHASE_NAMES[phase],
          cells: columns.map(({ shown }) => seconds(shown?.phases?.[phase] ?? null)),
          shares: columns.map(({ shown }) => shareOf(shown, phase)),
        })),
        armsRow('wall time', ({ shown }) => seconds(shown?.wallMs ?? null)),
        ...(unexplained
          ? [armsRow('unexplained', ({ shown }) => seconds(shown?.unexplainedMs ?? null))]
          : []),
      ],
    },
    work: {
      title: 'Workers',
      rows: [
        row(
          'workers',
          ofWork((work) => count(work.workerCount)),
          baseline === null ? '' : '1',
        ),
        row(
          'kernel',
          ofWork(({ kernels }) => kernels.join(', ') || UNKNOWN),
          baseline?.kernel ?? '',
        ),
        row('peak batches', ({ shown }) => count(shown?.peakConcurrency ?? null)),
        row(
          'cold starts',
          ofWork((work) => count(work.coldStarts)),
        ),
        row(
          'CPU time',
          ofWork((work) => duration(work.cpuMs)),
        ),
        row(
          'peak memory',
          ofWork((work) => memory(work.rssPeakBytes)),
        ),
      ],
    },
    answer: {
      title: 'Answer',
      rows: [
        row(
          'images',
          ({ shown }) => (shown?.digest ? count(shown.images) : UNKNOWN),
          count(baseline?.images ?? null),
        ),
        row('failed images', ({ shown }) => (shown?.digest ? count(shown.failedImages) : UNKNOWN)),
        ...(summary.request.normalisation === null
          ? []
          : [
              row('files written', ({ shown }) => filesWritten(shown), baseline === null ? '' : 'none'),
              row(
                'bytes written',
                ofWork((work) => bytes(work.outputBytes)),
              ),
            ]),
        row('digest', ({ shown }) => shortDigest(shown?.digest ?? null)),
        row('checked', checkOf),
      ],
    },
  };
}

/** The round that stands for an arm. */
export function shownRound(summary: Summary, { arm, shownRound: shown }: ArmSummary): ArmRound | undefined {
  return summary.rounds.find(({ round }) => round === shown)?.arms.find((armRound) => armRound.arm === arm);
}

/** Seconds with all three decimals, so that one sees that the phases add up. */
export function seconds(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const text = (ms / 1000).toLocaleString('en-US', { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  return `${text} s`;
}

function shareOf(shown: ArmRound | undefined, phase: Phase): string {
  return shown?.phases && shown.wallMs ? percent(shown.phases[phase] / shown.wallMs) : '';
}

function statusOf({ arm, shown }: Column): string {
  if (shown === undefined || arm.rounds === 0) return 'did not run';
  if (arm.rounds === 1) return shown.status;
  return `${arm.succeeded} of ${arm.rounds} done`;
}

function rangeOf({ arm }: Column): string {
  if (arm.wallMs === null) return UNKNOWN;
  return `${duration(arm.wallMs.min)} to ${duration(arm.wallMs.max)}`;
}

function checkOf({ shown }: Column): string {
  if (shown === undefined) return UNKNOWN;
  if (shown.problems.length > 0) return plural(shown.problems.length, 'problem');
  return shown.valid ? 'all rows sound' : 'not read';
}

/** Every measured row vouches for a file. */
function filesWritten(shown: ArmRound | undefined): string {
  return shown?.digest ? count(shown.images - shown.failedImages) : UNKNOWN;
}

function baselineMegabytes({ baseline }: Summary): number | null {
  if (baseline === null || baseline.wallMs === 0) return null;
  return baseline.bytes / 1e6 / (baseline.wallMs / 1000);
}
