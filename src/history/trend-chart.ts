import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { type Fragment, html, type Markup } from '../report/markup.ts';
import { figureName } from './headline.ts';
import { amount } from './message.ts';
import type { Trend, TrendPoint } from './trends.ts';

const WIDTH = 720;
const PANEL = 150;
const MARGIN = { top: 26, right: 12, bottom: 20, left: 64 };

/** Shapes differ as well as colours. Both themes are in it, since the picture may stand alone. */
export const TREND_STYLE = `
.trend { font: 12px system-ui, sans-serif; --trend-ink: #1c1f24; --trend-quiet: #59606c; --trend-line: #dcdfe3; --trend-value: #1d5fb8; --trend-bad: #b3261e; --trend-open: #7d5700; --trend-good: #17733e; }
@media screen and (prefers-color-scheme: dark) { .trend { --trend-ink: #e8eaed; --trend-quiet: #a3aab6; --trend-line: #363b44; --trend-value: #6aaef5; --trend-bad: #ff8a80; --trend-open: #f0c261; --trend-good: #6fcf97; } }
.trend text { fill: var(--trend-quiet); } .trend .name { fill: var(--trend-ink); font-weight: 600; }
.trend path { fill: none; } .trend .value { stroke: var(--trend-value); stroke-width: 1.5; }
.trend .limit { stroke: var(--trend-open); stroke-dasharray: 4 3; } .trend .mean { stroke: var(--trend-quiet); stroke-dasharray: 1 3; }
.trend .grid { stroke: var(--trend-line); } .trend .reset { stroke: var(--trend-ink); stroke-dasharray: 2 2; }
.trend .point { fill: var(--trend-value); } .trend .point.suspect { fill: var(--trend-open); }
.trend .point.regression { fill: var(--trend-bad); } .trend .point.recovered { fill: var(--trend-good); }
.trend .missing { stroke: var(--trend-bad); fill: none; }
`;

/**
 * Each figure over the nights: its values, the mean of what was usual before each, and the limit above it. A night that
 * says nothing is a cross at the bottom, a reset a line from top to bottom.
 */
export function trendChart(trends: readonly Trend[], headline: string): Markup {
  const height = Math.max(1, trends.length) * PANEL;
  return html`<svg class="trend" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="trend-title trend-text">
<title id="trend-title">Trend over the nights</title><desc id="trend-text">${headline}</desc>
${trends.map(panel)}</svg>`;
}

/** The picture as a file of its own. */
export function trendSvg(trends: readonly Trend[], headline: string): string {
  const { text } = trendChart(trends, headline);
  return `${text.replace('<title', `<style>${TREND_STYLE}</style><title`)}\n`;
}

function panel(trend: Trend, index: number): Markup {
  const { points, measure } = trend;
  const drawn = points.flatMap(({ value, limit, mean }) => [value, limit, mean].filter((y) => y !== null));
  const [least, most] = [Math.min(...drawn), Math.max(...drawn)];
  const room = (most - least || most) * 0.08;
  const bottom = PANEL - MARGIN.bottom;
  const y = scaleLinear([Math.max(0, least - room), most + room], [bottom, MARGIN.top]);
  const x = scaleLinear([0, Math.max(1, points.length - 1)], [MARGIN.left, WIDTH - MARGIN.right]);
  const path = (kind: 'value' | 'limit' | 'mean') => {
    const drawnLine = line<TrendPoint>()
      .defined((point) => point[kind] !== null)
      .x((_, i) => x(i))
      .y((point) => y(point[kind] ?? 0))
      .digits(1);
    return html`<path class="${kind}" d="${drawnLine(points) ?? ''}"/>`;
  };
  return html`<g transform="translate(0 ${index * PANEL})"><text class="name" x="${MARGIN.left}" y="15">${figureName(trend)}</text>
${y.ticks(3).map((tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/><text x="${MARGIN.left - 6}" y="${round(y(tick)) + 4}" text-anchor="end">${amount(measure, tick)}</text>`)}
${path('limit')}${path('mean')}${path('value')}
${points.map((point, i) => mark(trend, point, round(x(i)), point.value === null ? bottom : round(y(point.value))))}
${dates(points, x, PANEL - 4)}</g>`;
}

function mark({ measure }: Trend, { at, value, state, reset }: TrendPoint, x: number, y: number): Markup {
  const day = new Date(at).toISOString().slice(0, 10);
  const said = html`<title>${day}: ${value === null ? state : `${amount(measure, value)}, ${state}`}</title>`;
  const line = reset
    ? html`<line class="reset" x1="${x}" x2="${x}" y1="${MARGIN.top}" y2="${PANEL - MARGIN.bottom}"><title>${day}: reset</title></line>`
    : null;
  return html`${line}${shape(state, value === null, x, y, said)}`;
}

function shape(state: TrendPoint['state'], missing: boolean, x: number, y: number, said: Markup): Fragment {
  if (missing) return html`<path class="missing" d="M${x - 3} ${y - 3}l6 6m0 -6l-6 6">${said}</path>`;
  if (state === 'regression')
    return html`<rect class="point regression" x="${x - 4}" y="${y - 4}" width="8" height="8">${said}</rect>`;
  if (state === 'suspect')
    return html`<polygon class="point suspect" points="${x},${y - 5} ${x + 5},${y + 4} ${x - 5},${y + 4}">${said}</polygon>`;
  return html`<circle class="point ${state}" cx="${x}" cy="${y}" r="2.5">${said}</circle>`;
}

/** The first and the last night. */
function dates(points: readonly TrendPoint[], x: (i: number) => number, y: number): Fragment {
  const ends = [...new Set([0, points.length - 1])];
  return ends.map((i) => {
    const anchor = i === 0 ? 'start' : 'end';
    return html`<text x="${round(x(i))}" y="${y}" text-anchor="${anchor}">${new Date(points[i]?.at ?? 0).toISOString().slice(0, 10)}</text>`;
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
