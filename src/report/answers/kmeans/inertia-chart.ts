import { scaleLinear } from 'd3-scale';
import { count, figure, plural } from '../../../format.ts';
import { plot } from '../../charts/plot.ts';
import type { Markup } from '../../markup.ts';

/** Each iteration has a dot where they can be told apart. */
const MOST_DOTS = 60;
const MOST_MARKS = 6;

/**
 * The sum of the squared distances of all images to the nearest centre, iteration after iteration.
 *
 * @param inertia of two iterations at least
 */
export function inertiaChart(inertia: readonly number[]): Markup {
  const last = inertia.length;
  // It seldom comes near 0, and would seem to be a flat line on an axis that begins there.
  const y = scaleLinear([Math.min(...inertia), Math.max(...inertia)], [0, 1]).nice(4);
  const x = scaleLinear([1, last], [0.02, 0.98]);
  const [first, end] = [inertia[0] ?? null, inertia.at(-1) ?? null];
  return plot({
    id: 'inertia',
    labels: 'above',
    title: 'Inertia by iteration',
    description: `From ${figure(first)} in the first iteration to ${figure(end)} in the last of ${plural(last, 'iteration')}.`,
    xTitle: 'iteration',
    yTitle: 'inertia: squared distances to the nearest centre, added up',
    x: marks(x.ticks(MOST_MARKS), last).map((value) => ({ at: x(value), label: count(value) })),
    y: y.ticks(4).map((value) => ({ at: y(value), label: compact(value) })),
    series: [
      {
        kind: 'inertia',
        label: '',
        dots: last <= MOST_DOTS,
        points: inertia.map((value, i) => ({
          x: x(i + 1),
          y: y(value),
          text: `iteration ${count(i + 1)}: ${figure(value)}`,
        })),
      },
    ],
  });
}

/** Whole iterations that there are. */
function marks(ticks: readonly number[], last: number): number[] {
  return [...new Set([1, ...ticks])].filter(
    (value) => Number.isInteger(value) && value >= 1 && value <= last,
  );
}

/** What has room beside the axis: `2.6M`. */
function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
}
