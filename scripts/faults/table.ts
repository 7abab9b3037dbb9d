import type { Engine } from '../../src/contract/engines.ts';
import type { Outcome } from './cell.ts';
import type { Fault } from './fault.ts';
import { UNDISTURBED } from './faults.ts';

/** Characters of an explanation. */
const LONGEST = 300;

/** One cell of the matrix: what came of it, or why there is nothing to tell. */
export interface Cell {
  readonly engine: Engine;
  readonly fault: Fault;
  readonly outcome: Outcome | null;
  /** What is wrong with it; empty if the fault was survived. */
  readonly problems: readonly string[];
  /** Seconds of an undisturbed run of the engine on workers with as many cores; null where that is not known. */
  readonly undisturbed: number | null;
}

export interface Matrix {
  readonly cells: readonly Cell[];
  /** Seconds of an undisturbed run on workers with the usual cores, by engine; null where that failed. */
  readonly undisturbed: ReadonlyMap<Engine, number | null>;
}

/** Faults down, engines across. */
export function renderMatrix({ cells, undisturbed }: Matrix): string {
  const engines = [...undisturbed.keys()];
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const row = (fault: Fault) =>
    engines.map((engine) => {
      const cell = cells.find((one) => one.engine === engine && one.fault === fault);
      return cell === undefined ? 'not run' : cellText(cell);
    });
  return [
    ['fault', ...engines],
    ['---', ...engines.map(() => '---')],
    [UNDISTURBED.title, ...engines.map((engine) => undisturbedText(undisturbed.get(engine) ?? null))],
    ...faults.map((fault) => [titleOf(fault), ...row(fault)]),
  ]
    .map((line) => `| ${line.join(' | ')} |\n`)
    .join('');
}

/** With the cores of its workers, where these are not the usual ones. */
export function titleOf({ title, cpus }: Fault): string {
  return cpus === undefined ? title : `${title} (${cpus} cores)`;
}

/** `31 s, 1.4x; 3 again`. */
export function cellText({ outcome, problems, undisturbed }: Cell): string {
  if (problems.length > 0 || outcome === null) return `**failed**: ${oneLine(problems.join('; '))}`;
  const times = undisturbed === null ? '' : `, ${(outcome.seconds / undisturbed).toFixed(1)}x`;
  const { doneAgain, attempts, victimState } = outcome.resumed ?? outcome;
  return [
    `${seconds(outcome.seconds)}${times}`,
    ...(doneAgain > 0 ? [`${doneAgain} again`] : []),
    ...(attempts !== null && attempts > 1 ? [`engine started ${attempts} times`] : []),
    ...(victimState === 'LEFT' ? ['left'] : []),
  ].join('; ');
}

/** What fits a cell of a table: an engine's last words are long. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, LONGEST);
}

function undisturbedText(value: number | null): string {
  return value === null ? '**failed**' : seconds(value);
}

function seconds(value: number): string {
  return `${value.toFixed(0)} s`;
}
