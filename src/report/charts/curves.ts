import { type ScaleLogarithmic, scaleLog } from 'd3-scale';
import type { Unit } from '../../contract/unit.ts';
import { amount, duration, usd } from '../../format.ts';
import type { Curves } from '../../model/curves.ts';
import type { Markup } from '../markup.ts';
import { type Mark, plot } from './plot.ts';

type What = 'seconds' | 'usd';

const SHOWN = {
  seconds: {
    title: 'Time over the number of',
    axis: 'time of the arm',
    text: ofSeconds,
    marks: times,
  },
  usd: {
    title: 'Cost over the number of',
    axis: 'cost of the arm, US dollars',
    text: usd,
    marks: dollars,
  },
} as const;

/** Of the width, so that the names of the arms have room beside their curves. */
const WIDTH = 0.78;

/** What both arms take over the number of items, on logarithmic axes, with the sizes at which one overtakes the other. */
export function curvesChart(curves: Curves, what: What, { many }: Unit): Markup {
  const { sizes, arms, crossings } = curves;
  const { title, axis, text, marks } = SHOWN[what];
  const x = scaleLog([sizes[0] ?? 1, sizes.at(-1) ?? 10], [0, WIDTH]);
  const values = arms
    .flatMap(({ points }) => points.map((point) => point[what]))
    .filter((value) => value > 0);
  const y = scaleLog(wholePowers(values), [0, 1]);
  const own = crossings.filter((crossing) => crossing.what === what);
  const where = own.map(
    ({ items, below, above }) => `${below} below ${amount(items)} ${many}, ${above} above`,
  );
  return plot({
    id: `curve-${what}`,
    labels: 'beside',
    title: `${title} ${many}`,
    description: `${arms.map(({ arm, points }) => `${arm}: ${points.map((point) => `${text(point[what])} for ${amount(point.items)}`).join(', ')}`).join('; ')}. ${where.length === 0 ? 'They do not cross.' : `Less is taken by ${where.join('; ')}.`}`,
    xTitle: many,
    yTitle: axis,
    x: powers(x, amount),
    y: marks(y),
    uprights: own.map(({ items }) => ({ at: x(items), label: `cross at ${amount(items)}` })),
    series: arms.map(({ arm, points }) => ({
      kind: arm,
      label: arm,
      points: points
        .filter((point) => point[what] > 0)
        .map((point) => ({
          x: x(point.items),
          y: y(point[what]),
          text: `${arm}, ${amount(point.items)} ${many}: ${text(point[what])}; limited by ${point.limit}`,
        })),
    })),
  });
}

function ofSeconds(seconds: number): string {
  return duration(seconds * 1000);
}

/** The powers of ten around all values. */
function wholePowers(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const from = Math.floor(Math.log10(low));
  return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(high)))];
}

type Scale = ScaleLogarithmic<number, number>;

const MOST_MARKS = 4;

/** Every power of ten on an axis, or every second, third … where there are many. */
function powers(scale: Scale, text: (value: number) => string): Mark[] {
  const [low = 1, high = 10] = scale.domain();
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.ceil((to - from) / (MOST_MARKS - 1)) || 1;
  const count = Math.max(0, Math.floor((to - from) / step) + 1);
  return Array.from({ length: count }, (_, i) => 10 ** (from + i * step)).map((value) => ({
    at: scale(value),
    label: text(value),
  }));
}

function dollars(scale: Scale): Mark[] {
  return powers(scale, (value) => `$${value.toLocaleString('en-US', { maximumFractionDigits: 12 })}`);
}

/** Times that are round in the units that people use: powers of ten of seconds would be 2 h 47 min. */
const ROUND_TIMES = [
  [0.001, '1 ms'],
  [0.01, '10 ms'],
  [0.1, '100 ms'],
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3600, '1 h'],
  [36_000, '10 h'],
  [345_600, '4 days'],
  [3_456_000, '40 days'],
  [31_536_000, '1 year'],
  [315_360_000, '10 years'],
] as const;

function times(scale: Scale): Mark[] {
  const [low = 0, high = 0] = scale.domain();
  return ROUND_TIMES.filter(([seconds]) => seconds >= low && seconds <= high).map(([seconds, label]) => ({
    at: scale(seconds),
    label,
  }));
}
