import { printable } from '../format.ts';
import { html } from '../report/markup.ts';
import { renderPage } from '../report/page.ts';
import { STYLE } from '../report/style.ts';
import { headlineOf } from './headline.ts';
import type { JudgedHistory } from './judge.ts';
import { historyTable } from './table.ts';
import { TREND_STYLE, trendChart, trendSvg } from './trend-chart.ts';
import { trendsOf } from './trends.ts';

/** The nights that a picture has room for, and those that a table for people shows. */
export const MOST_DRAWN = 120;
export const MOST_ROWS = 60;

/** On a phone the picture is scrolled: made narrower, its text could not be read. */
const PAGE_STYLE = '.trend { display: block; width: 100%; min-width: 36rem; } h1.bad { color: var(--bad); }';

/** Markdown for a pull request or a wiki. */
export function historyMarkdown(history: JudgedHistory): string {
  const { columns, rows } = historyTable(history, MOST_ROWS);
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `**${cell(headlineOf(history))}**`,
    '',
    row(columns),
    row(columns.map(() => '---')),
    ...rows.map(row),
    '',
  ].join('\n');
}

export function historySvg(history: JudgedHistory): string {
  return trendSvg(trendsOf(history, MOST_DRAWN), headlineOf(history));
}

/** The trend and the nights as one page. */
export function historyHtml(history: JudgedHistory): string {
  const headline = headlineOf(history);
  const { columns, rows } = historyTable(history, MOST_ROWS);
  const bad = history.regressions.length > 0;
  const body = html`<header><p class="over">fanfleet · nights of ${history.name}</p>
<h1${bad ? html` class="bad"` : null}>${headline}</h1></header>
<main>
<section><h2>Trend</h2><div class="wide" tabindex="0" role="region" aria-label="Trend">${trendChart(trendsOf(history, MOST_DRAWN), headline)}</div>
<p class="note">Dashed: the limit, which is the mean of the ten accepted nights before (dotted) plus three standard
deviations. Triangles are suspect, squares a regression, crosses nights that say nothing.</p></section>
<section><h2>Nights</h2><div class="wide" tabindex="0" role="region" aria-label="Nights"><table class="full"><thead><tr>${columns.map((column) => html`<th scope="col">${column === '' ? 'note' : column}</th>`)}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((text) => html`<td>${text}</td>`)}</tr>`)}
</tbody></table></div></section>
</main>`;
  return renderPage({
    title: `fanfleet nights: ${history.name}`,
    style: `${STYLE}${TREND_STYLE}${PAGE_STYLE}`,
    body,
  });
}

/** A cell must not end its table, nor become markup. */
function cell(text: string): string {
  return printable(text).replace(/[\\|`*_<>[\]]/g, (character) => `\\${character}`);
}
