import { duration } from '../../format.ts';
import { roundsChart } from '../charts/rounds.ts';
import type { FigureGroup, FigureRow } from '../figure-rows.ts';
import type { Figures } from '../figures.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { scrolling } from './parts.ts';

/** The table of arms: speed, stages, cost, answer. */
export function armsSection({ columns, speed, stages, cost, answer }: Figures): Markup {
  const further = [stages, cost, answer].filter(({ rows }) => rows.length > 0);
  return html`<section><h2>Arms</h2>
${scrolling(
  'Arms',
  html`<table class="figures"><caption class="unseen">Time, cost and answer of each arm</caption><thead><tr><td></td>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${figureRows(speed)}</tbody>${further.map((group) => html`<tbody>${title(group, columns)}${figureRows(group)}</tbody>`)}</table>`,
)}
${cost.rows.length === 0 ? html`<p class="note">Cost: not known. This summary has no bill.</p>` : null}</section>`;
}

function title(group: FigureGroup, columns: readonly string[]): Markup {
  return html`<tr class="group"><th scope="rowgroup" colspan="${columns.length + 1}">${group.title}</th></tr>`;
}

/** @param shared whether each cell has one beside it for its part of the whole */
export function figureRows({ rows }: FigureGroup, shared = false): Fragment {
  return rows.map((row) => {
    const share = (i: number) => (shared ? html`<td class="share">${row.shares?.[i] ?? null}</td>` : null);
    return html`<tr${isStrong(row) ? html` class="strong"` : null}><th scope="row">${swatch(row)}${row.label}</th>${row.cells.map(({ text }, i) => html`<td>${text}</td>${share(i)}`)}</tr>`;
  });
}

function isStrong({ label }: FigureRow): boolean {
  return label.startsWith('wall time') || label === 'cost of a round';
}

function swatch({ phase }: FigureRow): Fragment {
  return phase === undefined ? null : html`<span class="swatch p-${phase}"></span>`;
}

/** Every round, where there are several. */
export function roundsSection(summary: Summary): Markup | null {
  const { rounds, request } = summary;
  if (request.repeats === 1) return null;
  return html`<section><h2>Rounds</h2>
${roundsChart(summary)}
<p class="note">Each dot is a round, the upright bar the median.</p>
<details><summary>Wall time of each round</summary>${scrolling(
    'Wall time of each round',
    html`<table><thead><tr><th scope="col">round</th>${request.arms.map((arm) => html`<th scope="col">${arm}</th>`)}</tr></thead><tbody>
${rounds.map(
  ({ round, arms }) =>
    html`<tr><th scope="row">${round}</th>${request.arms.map((name) => {
      const arm = arms.find((other) => other.arm === name);
      return html`<td>${arm === undefined || arm.status !== 'succeeded' ? (arm?.status ?? 'did not run') : duration(arm.wallMs)}</td>`;
    })}</tr>`,
)}
</tbody></table>`,
  )}</details></section>`;
}
