import { count, plural } from './format.ts';
import { html, type Markup } from './markup.ts';
import type { Summary } from './summary-schema.ts';

/** Dataset statistics per channel: the figures that normalisation needs. */
export function datasetSection({ dataset, rounds }: Summary): Markup | null {
  if (dataset === null) return null;
  const { source, exact } = dataset;
  const arm = rounds
    .flatMap(({ arms }) => arms)
    .find((other) => other.arm === source.arm && other.round === source.round);
  const sound = arm?.valid === true && arm.status === 'succeeded';
  const cell = (value: { level: number; unit: number } | null, digits: number) =>
    html`<td>${value === null ? '–' : value.level.toFixed(digits)}</td><td>${value === null ? '–' : value.unit.toFixed(6)}</td>`;
  return html`<section><h2>Dataset statistics</h2>
<p>Over all ${count(Number(exact.pixels))} pixels of ${plural(dataset.images, 'image')}, summed from the rows of ${source.arm}, round ${source.round}.
${sound ? null : html`<b class="bad">The answer of this arm is not complete: neither are these figures.</b>`}</p>
<div class="wide"><table class="full"><thead>
<tr><th></th><th colspan="2" scope="colgroup">mean</th><th colspan="2" scope="colgroup">standard deviation</th><th colspan="2" scope="colgroup">min</th><th colspan="2" scope="colgroup">max</th></tr>
<tr><th scope="col">channel</th>${[0, 1, 2, 3].map(() => html`<th scope="col">0–255</th><th scope="col">0–1</th>`)}</tr>
</thead><tbody>
${dataset.channels.map(
  ({ channel, mean, std, min, max }) =>
    html`<tr><th scope="row">${channel}</th>${cell(mean, 4)}${cell(std, 4)}${cell(min, 0)}${cell(max, 0)}</tr>`,
)}
</tbody></table></div></section>`;
}

/** Images that could not be measured, by code. */
export function failureSection({ failures }: Summary): Markup | null {
  if (failures.codes.length === 0) return null;
  return html`<section><h2>Failed images</h2>
${failures.codes.map(
  ({
    code,
    count: times,
    examples,
  }) => html`<h3>${code} <span class="quiet">${plural(times, 'image')}</span></h3>
${keys(examples, times)}`,
)}</section>`;
}

/** What was wrong with the files of an arm, and why an arm failed. */
export function problemSection({ rounds }: Summary): Markup | null {
  const arms = rounds.flatMap(({ arms: inRound }) => inRound);
  const troubled = arms.filter(({ error, problems }) => error !== null || problems.length > 0);
  if (troubled.length === 0) return null;
  return html`<section><h2>Problems</h2>
${troubled.map(
  ({ arm, round, error, problems }) => html`<h3>${arm}, round ${round}</h3>
${error === null ? null : html`<p><b class="bad">${error.code}</b> ${error.message}</p>`}
${problems.map(
  ({ code, message, count: times, examples }) => html`<p><b>${code}</b> ${count(times)}: ${message}.</p>
${keys(examples, times)}`,
)}`,
)}</section>`;
}

function keys(examples: readonly string[], total: number): Markup {
  const rest = total - examples.length;
  return html`<ul class="keys">${examples.map((key) => html`<li><bdi class="key">${key}</bdi></li>`)}${
    rest > 0 ? html`<li class="quiet">and ${count(rest)} more</li>` : null
  }</ul>`;
}
