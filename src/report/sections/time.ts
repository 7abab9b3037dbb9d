import type { ArmRound } from '../../aggregate/run-facts.ts';
import { count, duration, figure, percent, plural } from '../../format.ts';
import { phaseBars } from '../charts/phase-bars.ts';
import { scalingChart, scalingPoints } from '../charts/scaling.ts';
import { timelineChart } from '../charts/timeline.ts';
import type { Figures } from '../figures.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { figureRows } from './arms.ts';
import { scrolling, stackedTable } from './parts.ts';

/** Batches of each worker over time, and how many were at work. */
export function timelineSection({ timelines, unit }: Summary, shown: readonly ArmRound[]): Markup | null {
  const drawn = timelines.filter(({ lanes }) => lanes.length > 0);
  if (drawn.length === 0) return null;
  const walls = drawn.map(({ wallMs }) => wallMs);
  const longest = Math.max(...walls);
  // On one axis, the batches of an arm that took a small part of the other's time could not be told apart.
  const oneAxis = Math.min(...walls) * 3 >= longest;
  const key = (kind: string, text: string) => html`<li><span class="swatch ${kind}"></span>${text}</li>`;
  return html`<section><h2>Timeline</h2>
<ul class="legend">
${key('p-provision soft', 'provision and teardown')}${key('p-coldStart', 'cold start')}
<li><span class="swatch b-even"></span><span class="swatch b-odd"></span>batch (shades in turn)</li>
${key('b-failed', `batch with failed ${unit.many} (outlined)`)}
</ul>
${drawn.map((timeline) => {
  const arm = shown.find((armRound) => armRound.arm === timeline.arm && armRound.round === timeline.round);
  return html`<h3>${timeline.arm} <span class="quiet">round ${timeline.round}, ${plural(timeline.batches, 'batch', 'batches')} on ${plural(timeline.lanes.length + timeline.lanesDropped, 'worker')}</span></h3>
${timelineChart(timeline, arm, oneAxis ? longest : timeline.wallMs, unit)}${dropped(timeline)}`;
})}
${oneAxis ? null : html`<p class="note">Each arm has its own time axis.</p>`}
</section>`;
}

function dropped({ batchesDropped, lanesDropped, binMs }: Summary['timelines'][number]): Fragment {
  return [
    lanesDropped === 0
      ? null
      : html`<p class="note">Not drawn: ${plural(lanesDropped, 'worker')} with ${plural(batchesDropped, 'batch', 'batches')}. “At work” counts them too.</p>`,
    binMs === null
      ? null
      : html`<p class="note">Too many batches to draw each: the stronger the colour, the more of them were at work in that ${duration(binMs)}. Cold starts and failures are not drawn.</p>`,
  ];
}

/** The wall time of each arm divided into its phases. */
export function timeSection({ columns, arms, phases }: Figures, shown: readonly ArmRound[]): Markup {
  const known = shown.some((arm) => arm.phases !== null);
  return html`<section><h2>Where the time went</h2>
${known ? phaseBars(shown) : html`<p>Not known: no arm has a time that could be divided.</p>`}
${scrolling(
  'Phases of each arm',
  html`<table class="figures"><caption class="unseen">Phases of each arm and their part of its wall time</caption><thead><tr><td></td>${columns.slice(0, arms).map((column) => html`<th scope="colgroup" colspan="2">${column}</th>`)}</tr></thead><tbody>
${figureRows(phases, true)}</tbody></table>`,
)}
<p class="note">Phases add up to the wall time. Provision ends with the first sign of work; load, process and write are
the workers' time over all slots that were ever in use at once; overhead is what no batch explains: dispatch and idle slots${shown.some(({ stages }) => stages.length > 0) ? ', and what is done between the maps of several stages' : null}.</p>
</section>`;
}

/** How near each arm came to as many single threads as it had batches at the same time. */
export function scalingSection(summary: Summary): Markup {
  const single = summary.baseline?.itemsPerSecond ?? null;
  const points = scalingPoints(summary);
  if (single === null || points.length === 0) {
    const missing =
      single === null
        ? 'there is no single-thread run to compare with'
        : `no arm was measured with its kernel (${summary.baseline?.kernel})`;
    return html`<section><h2>Scaling</h2><p>Not known: ${missing}.</p></section>`;
  }
  return html`<section><h2>Scaling</h2>
${scalingChart(points, single, summary.unit)}
${stackedTable(
  [{ name: 'arm' }, { name: 'at once' }, { name: `${summary.unit.many}/s at work` }, { name: 'of ideal' }],
  points.map(({ arm, atOnce, itemsPerSecond, efficiency }) => [
    arm,
    count(atOnce),
    figure(itemsPerSecond),
    percent(efficiency),
  ]),
)}
<p class="note">One run gives one point per arm, without boot and teardown. <code>fanfleet sweep</code> measures more worker counts.
Ideal is the single thread's rate times the batches at work; an arm whose cores differ from the single thread's can lie above it, and one with another kernel is left out.</p>
</section>`;
}
