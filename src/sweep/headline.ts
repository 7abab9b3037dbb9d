import { duration, plural } from '../format.ts';
import type { Spread } from '../statistics/median.ts';
import { workloadLabel } from '../workloads/text.ts';
import type { PointFigures, SweepFigures } from './figures.ts';
import { kernelsOf, range } from './table.ts';

/** Of points that cannot be told apart so many are named. */
const MOST_NAMED = 3;

/** What is said of a workload, in the order in which the headline has it. */
const GROUPS = {
  fastest: 'Fastest processing',
  once: 'Least processing time, by one run, so that noise was not measured',
  overlap: 'Not ranked, since the ranges of runs overlap',
  kernels: 'Not ranked, since different kernels measured',
} as const;
type Group = keyof typeof GROUPS;

type Measured = PointFigures & { readonly processing: Spread };

/**
 * The fastest point of each workload; or why there is none. A point is the fastest if all of its runs took less than every run of
 * any other point.
 */
export function headlineOf(figures: SweepFigures): string {
  if (figures.digestsEqual === false) return 'The answers differ: the times say nothing.';
  const said = figures.agreements.flatMap(({ workload, oneKernel }) => saidOf(figures, workload, oneKernel));
  const lines = Object.entries(GROUPS).flatMap(([group, text]) => {
    const own = said.filter((each) => each.group === group).map((each) => each.text);
    return own.length === 0 ? [] : `${text}: ${own.join(', ')}`;
  });
  return lines.length === 0 ? 'Nothing was measured.' : lines.join('. ');
}

function saidOf(
  figures: SweepFigures,
  workload: string,
  oneKernel: boolean | null,
): { readonly group: Group; readonly text: string }[] {
  if (oneKernel === false)
    return [{ group: 'kernels', text: `${workload} (${kernelsOf(figures, workload)})` }];
  const [best, ...others] = measuredOf(figures, workload);
  if (best === undefined) return [];
  const [next] = others;
  const named = { text: `${workload} ${duration(best.processing.median)} (${nameOf(best)})` };
  if (next === undefined) return [{ group: 'fastest', ...named }];
  if (best.succeeded === 1 || next.succeeded === 1) return [{ group: 'once', ...named }];
  const near = others.filter(({ processing }) => processing.min <= best.processing.max);
  if (near.length === 0) return [{ group: 'fastest', ...named }];
  const all = [best, ...near].map((point) => `${nameOf(point)} ${range(point.processing, duration)}`);
  const shown =
    all.length <= MOST_NAMED ? all : [...all.slice(0, MOST_NAMED), `${all.length - MOST_NAMED} more`];
  return [{ group: 'overlap', text: `${workload} (${shown.join('; ')})` }];
}

/** The one with the least median first. */
function measuredOf({ points }: SweepFigures, workload: string): Measured[] {
  return points
    .flatMap((point) => {
      const { processing } = point;
      return workloadLabel(point.workload) === workload && processing !== null
        ? [{ ...point, processing }]
        : [];
    })
    .sort((a, b) => a.processing.median - b.processing.median);
}

function nameOf({ engine, workers }: PointFigures): string {
  return `${engine}, ${plural(workers, 'worker')}`;
}
