import { count } from '../../format.ts';
import { type Fragment, html, type Markup } from '../markup.ts';

/** What may be wider than a phone: it can be scrolled by itself, also with the keyboard. */
export function scrolling(name: string, body: Fragment): Markup {
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0">${body}</div>`;
}

export interface TableColumn {
  readonly name: string;
  /** Text is set to the left, numbers to the right. @default false */
  readonly text?: boolean;
}

/** A table whose rows become blocks on a phone, with the name of the column before each cell. */
export function stackedTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly Fragment[])[],
): Markup {
  const kind = ({ text }: TableColumn) => (text ? html` class="text"` : null);
  return html`<table class="full stacked"><thead><tr>${columns.map((column) => html`<th scope="col"${kind(column)}>${column.name}</th>`)}</tr></thead><tbody>
${rows.map(
  (cells) =>
    html`<tr>${cells.map((cell, i) => {
      const column = columns[i] ?? { name: '' };
      return i === 0
        ? html`<th scope="row">${cell}</th>`
        : html`<td data-name="${column.name}"${kind(column)}>${cell}</td>`;
    })}</tr>`,
)}
</tbody></table>`;
}

/** Keys of which the first are known. */
export function keyList(examples: readonly string[], total: number): Markup {
  const rest = total - examples.length;
  return html`<ul class="keys">${examples.map((key) => html`<li><bdi class="key">${key}</bdi></li>`)}${
    rest > 0 ? html`<li class="quiet">and ${count(rest)} more</li>` : null
  }</ul>`;
}

export type Pair = readonly [name: string, value: string] | null;

export function pair(name: string, value: string, wanted = true): Pair {
  return wanted ? [name, value] : null;
}

export function pairList(pairs: readonly Pair[]): Markup {
  return html`<dl>${pairs.map((entry) => (entry === null ? null : html`<dt>${entry[0]}</dt><dd>${entry[1]}</dd>`))}</dl>`;
}
