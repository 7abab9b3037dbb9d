import { instant, plural } from '../format.ts';
import { html, type Markup, withCode } from '../report/markup.ts';
import { renderPage } from '../report/page.ts';
import { scrolling, stackedTable } from '../report/sections/parts.ts';
import { STYLE } from '../report/style.ts';
import { workloadLabel } from '../workloads/text.ts';
import type { PointFigures, SweepFigures } from './figures.ts';
import { headlineOf } from './headline.ts';
import { ENGINE_STYLE, scalingChart } from './scaling-chart.ts';
import type { Sweep } from './sweep.ts';
import {
  agreementText,
  COLUMNS,
  type Column,
  failedRuns,
  kernelText,
  NODE_COLUMNS,
  NOTE,
  nodeNote,
  nodesOfPoints,
  processorsText,
} from './table.ts';

/** The table has many columns: on a phone each row is a block, elsewhere it is small. */
const TABLE_STYLE = `
@media (min-width: 40.01rem) { .full { font-size: .8rem; } th, td { padding-left: .7rem; } .stacked td { white-space: nowrap; } }
@media print { .full { font-size: 7pt; } th, td { padding-left: .45rem; } }
`;

/** A sweep as one page: of each workload the speedup of every engine over its workers, and the table. */
export function sweepPage(sweep: Sweep, figures: SweepFigures): string {
  const { sweepId, startedAt, request, rounds, points } = sweep;
  const headline = headlineOf(figures);
  const workloads = [...Map.groupBy(figures.points, ({ workload }) => workloadLabel(workload))];
  const failures = failedRuns(figures);
  const body = html`<header>
<p class="over">fanfleet sweep · <span class="key">${sweepId}</span> · ${instant(startedAt)}</p>
<h1>${headline}</h1>
<p class="lead">Images under <span class="key">${request.prefix}</span>; ${plural(points.length, 'point')}, ${plural(rounds, 'round')}.</p>
<ul class="facts">
<li class="${figures.digestsEqual === null ? 'open' : figures.digestsEqual ? 'good' : 'bad'}">${agreementText(figures)}</li>
<li class="${figures.agreements.some(({ oneKernel }) => oneKernel === false) ? 'bad' : 'plain'}">${withCode(kernelText(figures))}</li>
<li class="${figures.fits === false ? 'bad' : 'plain'}">${processorsText(figures)}</li>
${failures.length === 0 ? null : html`<li class="bad">${plural(failures.length, 'failed run')}</li>`}
</ul>
</header>
<main>
${workloads.map(([label, own]) => workloadSection(label, own))}
${failures.length === 0 ? null : html`<section><h2>Failed runs</h2><ul class="notes">${failures.map((text) => html`<li>${text}</li>`)}</ul></section>`}
</main>
<footer>sweep.json has every measurement, and the order of the runs.</footer>`;
  return renderPage({
    title: `fanfleet sweep: ${headline}`,
    style: `${STYLE}${ENGINE_STYLE}${TABLE_STYLE}`,
    body,
  });
}

/** A heading tells the workload, so the table need not. */
const SHOWN = COLUMNS.filter(([title]) => title !== 'workload');
/** Nor a digest that all share, which the head of the page tells. */
const SHOWN_OF_EQUAL = SHOWN.filter(([title]) => title !== 'digest');
const SHOWN_OF_NODES = NODE_COLUMNS.filter(([title]) => title !== 'workload');
/** Up to so many nodes are listed without being asked for. */
const MOST_OPEN = 12;

function workloadSection(label: string, points: readonly PointFigures[]): Markup {
  const digests = new Set(points.filter(({ succeeded }) => succeeded > 0).map(({ digest }) => digest));
  const isEqual = digests.size <= 1 && !digests.has(null);
  return html`<section><h2>${label}</h2>
${scalingChart(label, points)}
${scrolling(`Points of ${label}`, tableOf(isEqual ? SHOWN_OF_EQUAL : SHOWN, points))}
<p class="note">${NOTE}</p>
${nodeList(label, points)}</section>`;
}

function nodeList(label: string, points: readonly PointFigures[]): Markup | null {
  const nodes = nodesOfPoints(points);
  if (nodes.length === 0) return null;
  return html`<details${nodes.length <= MOST_OPEN ? html` open` : null}><summary>CPU, memory and states of each node</summary>
${scrolling(`Nodes of ${label}`, tableOf(SHOWN_OF_NODES, nodes))}
<p class="note">${nodeNote(points)}</p></details>`;
}

function tableOf<T>(columns: readonly Column<T>[], of: readonly T[]): Markup {
  return stackedTable(
    columns.map(([name]) => ({ name })),
    of.map((one) => columns.map(([, cell]) => cell(one))),
  );
}
