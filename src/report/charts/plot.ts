import { line } from 'd3-shape';
import { type Fragment, html, type Markup } from '../markup.ts';
import { anchorAt, atPercent, type Described, picture, stretched } from './picture.ts';

/** A place in the plot: x from 0 at the left to 1, y from 0 at the bottom to 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** Shown where one points at it. */
  readonly text: string;
}

export interface Series {
  /** Its class in the style sheet, which also sets how its line is dashed. */
  readonly kind: string;
  /** Written at its last point. */
  readonly label: string;
  readonly points: readonly Point[];
  /** @default true */
  readonly dots?: boolean;
  /** @default true */
  readonly joined?: boolean;
}

/** A value of an axis with its place. */
export interface Mark {
  readonly at: number;
  readonly label: string;
}

export interface Plot extends Described {
  readonly x: readonly Mark[];
  readonly y: readonly Mark[];
  /** What the axes show, with the unit. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
  /** Where labels are: to the right, where the data leaves room for them, or above and below. */
  readonly labels: 'beside' | 'above';
  /** Upright lines that mean something, e.g. where two series cross. */
  readonly uprights?: readonly Mark[];
}

const HEIGHT = 260;
/** Room for labels above and below the place of the data. */
const TOP = 34;
const BOTTOM = 24;
const RANGE = HEIGHT - TOP - BOTTOM;
const WIDTH = 1000;

/** Series over two axes, labelled where they end. */
export function plot(described: Plot): Markup {
  const { x, y, xTitle, yTitle, series, uprights = [] } = described;
  const labels = described.labels === 'beside' ? labelsBeside(series) : labelsAbove(series);
  return html`<figure class="plot"><figcaption>${yTitle}</figcaption>
<svg class="y-axis" width="64" height="${HEIGHT}" aria-hidden="true">${y.map(({ at, label }) => html`<text class="tick" x="58" y="${pixel(at) + 4}" text-anchor="end">${label}</text>`)}</svg>
${picture(described, HEIGHT, [
  y.map(({ at }) => html`<line class="grid" x1="0" x2="100%" y1="${pixel(at)}" y2="${pixel(at)}"/>`),
  x.map(xMark),
  uprights.map(upright),
  stretched({ width: WIDTH, height: HEIGHT }, series.map(path)),
  series.map(dots),
  labels,
])}
<p class="x-title">${xTitle}</p></figure>`;
}

/** Which place from 0 to 1 is how many pixels down. */
function pixel(at: number): number {
  return Math.round((TOP + (1 - Math.min(Math.max(at, 0), 1)) * RANGE) * 10) / 10;
}

function xMark({ at, label }: Mark): Markup {
  const x = atPercent(at);
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}"/><text class="tick" x="${x}" y="${HEIGHT - 5}" text-anchor="${anchorAt(at)}">${label}</text>`;
}

function upright({ at, label }: Mark, i: number): Markup {
  const x = atPercent(at);
  // Each on a line of its own: they may lie side by side.
  const y = 12 + 14 * (i % 2);
  const anchor = at < 0.25 ? 'start' : at > 0.75 ? 'end' : 'middle';
  return html`<line class="upright" x1="${x}" x2="${x}" y1="${y + 4}" y2="${HEIGHT - BOTTOM}"/><text class="upright-label" x="${x}" y="${y}" text-anchor="${anchor}">${label}</text>`;
}

function path({ kind, points, joined = true }: Series): Fragment {
  if (!joined || points.length < 2) return null;
  const toPath = line<Point>(
    ({ x }) => x * WIDTH,
    ({ y }) => pixel(y),
  ).digits(1);
  return html`<path class="line s-${kind}" d="${toPath([...points]) ?? ''}"/>`;
}

function dots({ kind, points, dots: wanted = true }: Series): Fragment {
  if (!wanted) return null;
  return points.map(
    ({ x, y, text }) =>
      html`<circle class="dot s-${kind}" cx="${atPercent(x)}" cy="${pixel(y)}" r="3.5"><title>${text}</title></circle>`,
  );
}

/** Pixels between the lines of labels. */
const LINE = 15;

function labelsBeside(series: readonly Series[]): Fragment {
  let lowest = Number.NEGATIVE_INFINITY;
  return series
    .flatMap((one) => {
      const last = one.points.at(-1);
      return last === undefined ? [] : [{ ...one, last }];
    })
    .sort((a, b) => b.last.y - a.last.y)
    .map(({ kind, label, last }) => {
      lowest = Math.max(pixel(last.y) + 4, lowest + LINE);
      return labelAt(kind, label, html`x="${atPercent(last.x)}" dx="8" y="${lowest}" text-anchor="start"`);
    });
}

function labelsAbove(series: readonly Series[]): Fragment {
  const ends = series.map(({ points }) => points.at(-1)?.y ?? 0);
  return series.map(({ kind, label, points }, i) => {
    const last = points.at(-1);
    if (last === undefined || label === '') return null;
    const y = pixel(last.y) + (isLower(ends, i) ? 20 : -10);
    const anchor = last.x > 0.6 ? 'end' : 'start';
    return labelAt(kind, label, html`x="${atPercent(last.x)}" y="${y}" text-anchor="${anchor}"`);
  });
}

function labelAt(kind: string, text: string, place: Markup): Markup {
  return html`<text class="series s-${kind}" ${place}>${text}</text>`;
}

/** Of two series that end near each other, the lower one is labelled below its point. */
function isLower(ends: readonly number[], i: number): boolean {
  const own = ends[i] ?? 0;
  if (own < 0.12) return false;
  return ends.some((other, j) => j !== i && (other > own || (other === own && j < i)) && other - own < 0.25);
}
