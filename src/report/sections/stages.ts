import type { ArmRound } from '../../aggregate/run-facts.ts';
import { count, duration, plural } from '../../format.ts';
import { STAGE_PARTS, stageColumns, stageLimit } from '../charts/stage-columns.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import { stageTimes } from '../stage-times.ts';
import { scrolling } from './parts.ts';

/** Up to so many stages are listed without being asked for. */
const MOST_OPEN = 12;

/** What each stage of a workload with several took: its batches, its reduce, and what lies between stages. */
export function stagesSection(shown: readonly ArmRound[]): Markup | null {
  const arms = shown.filter(({ stages }) => stages.length > 0);
  if (arms.length === 0) return null;
  const drawn = arms
    .map((arm) => ({ arm, times: stageTimes(arm.stages) }))
    .filter(({ times }) => times.length > 0);
  const limits = drawn.map(({ times }) => stageLimit(times));
  const longest = Math.max(...limits);
  // On one axis, the stages of an arm that took a small part of the other's time could not be told apart.
  const oneAxis = Math.min(...limits) * 3 >= longest;
  const key = (kind: Fragment, text: string) => html`<li>${kind}${text}</li>`;
  const swatch = (kind: string) => html`<span class="swatch ${kind}"></span>`;
  return html`<section><h2>Stages</h2>
<ul class="legend">
${key(
  drawn.map(({ arm }) => swatch(`st-map a-${arm.arm}`)),
  'map: batches at work',
)}
${key(swatch('st-reduce'), 'reduce: what they left is added up')}${key(swatch('st-between'), 'between: neither')}
</ul>
${drawn.map(({ arm, times }, i) => html`<h3>${arm.arm} <span class="quiet">round ${arm.round}, ${plural(arm.stages.length, 'stage')}</span></h3>${stageColumns(arm.arm, times, oneAxis ? longest : (limits[i] ?? 0))}`)}
${drawn.length < 2 || oneAxis ? null : html`<p class="note">Each arm has its own time axis.</p>`}
${arms.map(stageTable)}
<p class="note">In memory: batches whose images the worker had from the stage before. What lies between stages is orchestration: starting the reduce, and giving out the batches of the next stage.</p>
</section>`;
}

function stageTable({ arm, stages }: ArmRound): Markup {
  const times = new Map(stageTimes(stages).map((one) => [one.stage, one]));
  return html`<details${stages.length <= MOST_OPEN ? html` open` : null}><summary>${arm}: ${plural(stages.length, 'stage')}</summary>
${scrolling(
  `Stages of the ${arm} arm`,
  html`<table class="one-line"><thead><tr>${['stage', ...STAGE_PARTS.map(({ name }) => name), 'CPU time', 'batches', 'in memory'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${stages.map(({ stage, cpuMs, batches, batchesTakenOver, kept }) => {
  const known = times.get(stage);
  return html`<tr><th scope="row">${stage}</th>${STAGE_PARTS.map(({ ms }) => html`<td>${duration(known === undefined ? null : ms(known))}</td>`)}<td>${duration(cpuMs)}</td><td>${count(batches)}${batchesTakenOver === 0 ? null : ` (${count(batchesTakenOver)} of an earlier run)`}</td><td>${count(kept)}</td></tr>`;
})}
</tbody></table>`,
)}</details>`;
}
