import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { duration, usd } from '../format.ts';
import { type Fragment, html, type Markup } from '../report/markup.ts';
import type { Spread } from '../statistics/median.ts';
import type { PointFigures, TuneFigures } from './figures.ts';
import { pointName } from './point.ts';

const WIDTH = 720;
const PANEL = 200;
const MARGIN = { top: 28, right: 150, bottom: 24, left: 76 };

const STYLE = `
.tune { font: 12px system-ui, sans-serif; --ink: #1c1f24; --quiet: #59606c; --rule: #dcdfe3; --a: #1d5fb8; --b: #9a4a12; --c: #17733e; --d: #6b3fa0; }
@media screen and (prefers-color-scheme: dark) { .tune { --ink: #e8eaed; --quiet: #a3aab6; --rule: #363b44; --a: #6aaef5; --b: #f0a070; --c: #6fcf97; --d: #c3a2f0; } }
.tune text { fill: var(--quiet); } .tune .name { fill: var(--ink); font-weight: 600; } .tune .grid { stroke: var(--rule); }
.tune path { fill: none; stroke-width: 1.5; } .tune .best { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.tune .k0 { stroke: var(--a); } .tune .k1 { stroke: var(--b); stroke-dasharray: 5 3; } .tune .k2 { stroke: var(--c); stroke-dasharray: 2 3; } .tune .k3 { stroke: var(--d); stroke-dasharray: 8 3 2 3; } .tune .bar { stroke-dasharray: none; }
`;
/** Lines that can be told from each other. */
const KINDS = 4;

interface Panel {
  readonly title: string;
  readonly of: (point: PointFigures) => Spread | null;
  readonly text: (value: number) => string;
}

const PANELS: readonly Panel[] = [
  { title: 'Time of the arm', of: ({ seconds }) => seconds, text: (value) => duration(value * 1000) },
  { title: 'Bill of the arm', of: ({ usd: bill }) => bill, text: usd },
];

/** Time and bill over the memory, a line for each batch size, upright bars from the least round to the most; a file of its own. */
export function tunePicture(figures: TuneFigures, sentence: string): string {
  const { text } =
    html`<svg class="tune" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${PANELS.length * PANEL}" role="img" aria-labelledby="tune-title tune-text">
<title id="tune-title">Time and bill over the memory of the functions</title><desc id="tune-text">${sentence}</desc>
${PANELS.map((each, index) => panel(figures, each, index))}</svg>`;
  return `${text.replace('<title', `<style>${STYLE}</style><title`)}\n`;
}

function panel({ points, winner }: TuneFigures, { title, of, text }: Panel, index: number): Markup {
  const known = points.filter((point) => of(point) !== null);
  const memory = [...new Set(points.map((point) => point.memory))].sort((a, b) => a - b);
  const [bottom, right] = [PANEL - MARGIN.bottom, WIDTH - MARGIN.right];
  const x = scaleLog(
    [memory[0] ?? 1, Math.max(memory.at(-1) ?? 2, (memory[0] ?? 1) + 1)],
    [MARGIN.left, right],
  );
  const y = scaleLinear(
    [0, Math.max(0, ...known.map((point) => of(point)?.max ?? 0)) || 1],
    [bottom, MARGIN.top],
  );
  const at = (point: PointFigures) => ({ x: round(x(point.memory)), y: round(y(of(point)?.median ?? 0)) });
  const series = [...Map.groupBy(known, ({ batchSize }) => batchSize)];
  return html`<g transform="translate(0 ${index * PANEL})"><text class="name" x="${MARGIN.left}" y="16">${title}</text>
${y.ticks(4).map((tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/><text x="${MARGIN.left - 6}" y="${round(y(tick)) + 4}" text-anchor="end">${text(tick)}</text>`)}
${memory.map((each) => html`<text x="${round(x(each))}" y="${PANEL - 6}" text-anchor="middle">${each} MB</text>`)}
${series.map(([batchSize, own], kind): Fragment => {
  const path = line<PointFigures>(
    (point) => at(point).x,
    (point) => at(point).y,
  )(own);
  const last = own.at(-1);
  return html`<path class="k${kind % KINDS}" d="${path ?? ''}"/>${own.map((point) => bar(point, at(point).x, kind))}${
    last === undefined
      ? null
      : html`<text x="${at(last).x + 10}" y="${at(last).y + 4}">${batchSize === null ? '' : `batches of ${batchSize}`}</text>`
  }`;
})}
${winner === null || of(winner) === null ? null : html`<circle class="best" cx="${at(winner).x}" cy="${at(winner).y}" r="6"><title>best: ${pointName(winner)}</title></circle>`}</g>`;

  function bar(point: PointFigures, place: number, kind: number): Fragment {
    const spread = of(point);
    if (spread === null) return null;
    const said = `${pointName(point)}: ${text(spread.median)} (${text(spread.min)} to ${text(spread.max)})`;
    return html`<path class="bar k${kind % KINDS}" d="M${place} ${round(y(spread.min))}V${round(y(spread.max))}m-3 0h6"><title>${said}</title></path>`;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
