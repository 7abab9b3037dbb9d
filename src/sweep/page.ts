import { duration, instant, plural } from '../report/format.ts';
import { html, type Markup } from '../report/markup.ts';
import { renderPage } from '../report/page.ts';
import { scrolling, stackedTable } from '../report/sections/parts.ts';
import { STYLE } from '../report/style.ts';
import type { PointFigures, SweepFigures } from './figures.ts';
import { ENGINE_STYLE, scalingChart } from './scaling-chart.ts';
import type { Sweep } from './sweep.ts';
import { agreementText, COLUMNS, failedRuns, NOTE, processorsText } from './table.ts';

/** The table has many columns: on a phone each row is a block, elsewhere it is small. */
const TABLE_STYLE = `
@media (min-width: 40.01rem) { .full { font-size: .8rem; } th, td { padding-left: .7rem; } .stacked td { white-space: nowrap; } }
@media print { .full { font-size: 7pt; } th, td { padding-left: .45rem; } }
`;

/** A sweep as one page: of each operation the speedup of every engine over its workers, and the table. */
export function sweepPage(sweep: Sweep, figures: SweepFigures): string {
  const { sweepId, startedAt, request, rounds, points } = sweep;
  const headline = headlineOf(figures);
  const operations = [...Map.groupBy(figures.points, ({ operation }) => operation)];
  const failures = failedRuns(figures);
  const body = html`<header>
<p class="over">fanfleet sweep · <span class="key">${sweepId}</span> · ${instant(startedAt)}</p>
<h1>${headline}</h1>
<p class="lead">Images under <span class="key">${request.prefix}</span>; ${plural(points.length, 'point')}, ${plural(rounds, 'round')}.</p>
<ul class="facts">
<li class="${figures.digestsEqual === null ? 'open' : figures.digestsEqual ? 'good' : 'bad'}">${agreementText(figures)}</li>
<li class="${figures.fits === false ? 'bad' : 'plain'}">${processorsText(figures)}</li>
${failures.length === 0 ? null : html`<li class="bad">${plural(failures.length, 'failed run')}</li>`}
</ul>
</header>
<main>
${operations.map(([operation, own]) => operationSection(operation, own))}
${failures.length === 0 ? null : html`<section><h2>Failed runs</h2><ul class="notes">${failures.map((text) => html`<li>${text}</li>`)}</ul></section>`}
</main>
<footer>sweep.json has every measurement, and the order of the runs.</footer>`;
  return renderPage({
    title: `fanfleet sweep: ${headline}`,
    style: `${STYLE}${ENGINE_STYLE}${TABLE_STYLE}`,
    body,
  });
}

/** The fastest point of each operation; or why there is none. */
function headlineOf({ points, digestsEqual }: SweepFigures): string {
  if (digestsEqual === false) return 'The answers differ: the times say nothing.';
  const said = [...Map.groupBy(points, ({ operation }) => operation)].flatMap(([operation, own]) => {
    const [best] = own
      .flatMap((point) => (point.processing === null ? [] : [{ ...point, ms: point.processing.median }]))
      .sort((a, b) => a.ms - b.ms);
    if (best === undefined) return [];
    return `${operation} ${duration(best.ms)} (${best.engine}, ${plural(best.workers, 'worker')})`;
  });
  return said.length === 0 ? 'Nothing was measured.' : `Fastest processing: ${said.join(', ')}`;
}

/** A heading tells the operation, so the table need not. */
const SHOWN = COLUMNS.filter(([title]) => title !== 'operation');

function operationSection(operation: string, points: readonly PointFigures[]): Markup {
  return html`<section><h2>${operation}</h2>
${scalingChart(operation, points)}
${scrolling(
  `Points of ${operation}`,
  stackedTable(
    SHOWN.map(([name]) => ({ name })),
    points.map((point) => SHOWN.map(([, cell]) => cell(point))),
  ),
)}
<p class="note">${NOTE}</p></section>`;
}
