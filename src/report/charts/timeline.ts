import type { ArmRound } from '../../aggregate/run-facts.ts';
import type { Unit } from '../../contract/unit.ts';
import { amount, duration, figure, plural } from '../../format.ts';
import { BINS } from '../../timing/timeline.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { shortNames } from './lane-names.ts';
import { batchBars, binnedBars } from './lanes.ts';
import { picture, stretched } from './picture.ts';
import { AXIS, percentOf, timeAxis } from './time-axis.ts';

type ArmTimeline = Summary['timelines'][number];

/** Batches per worker over the wall time of the arm, on an axis that ends at `totalMs`. */
export function timelineChart(
  timeline: ArmTimeline,
  shown: ArmRound | undefined,
  totalMs: number,
  unit: Unit,
): Markup {
  const { arm, lanes, binMs, batches, wallMs } = timeline;
  const size = lanes.length > 24 ? 14 : lanes.length > 10 ? 18 : 24;
  const height = lanes.length * size;
  const names = shortNames(lanes.map(({ worker }) => worker));
  const described = {
    id: `timeline-${arm}`,
    title: `Timeline of the ${arm} arm`,
    description: `${plural(batches, 'batch', 'batches')} on ${plural(lanes.length, 'worker')} in ${duration(wallMs)}; the table of workers has their figures.`,
  };
  const drawn =
    binMs === null ? batchBars(lanes, size, totalMs, unit) : binnedBars(lanes, size, wallMs / totalMs);
  return html`<div class="timeline lane-${size} a-${arm}">
<ol class="lane-names">${lanes.map(({ worker }, i) => html`<li title="${worker}">${names[i] ?? worker}</li>`)}</ol>
${picture(described, height + AXIS, [outside(shown, wallMs, totalMs, height), timeAxis(totalMs, height), drawn])}
${concurrencyChart(timeline, totalMs)}</div>`;
}

const CONCURRENCY_HEIGHT = 64;

/** How many batches were at work at once, below the timeline and on its axis. */
function concurrencyChart({ arm, concurrency, wallMs }: ArmTimeline, totalMs: number): Fragment {
  const most = Math.max(0, ...concurrency);
  if (most === 0 || totalMs <= 0) return null;
  const mean = concurrency.reduce((sum, busy) => sum + busy, 0) / concurrency.length;
  const described = {
    id: `concurrency-${arm}`,
    title: `Batches at work at the same time, ${arm} arm`,
    description: `At most ${figure(most)} in one of ${BINS} pieces of the time, ${figure(mean)} on average over ${duration(wallMs)}.`,
  };
  const y = (busy: number) => Math.round((1 - busy / most) * 1000) / 10;
  const steps = concurrency.map((busy, bin) => `V${y(busy)}H${bin + 1}`).join('');
  const width = (BINS * totalMs) / wallMs;
  return html`<p class="lane-names concurrency" aria-hidden="true">at work<br>0 to ${amount(Math.ceil(most))}</p>
${picture(
  described,
  CONCURRENCY_HEIGHT,
  html`<line class="grid" x1="0" x2="100%" y1="4" y2="4"/><line class="grid" x1="0" x2="100%" y1="60" y2="60"/>${stretched({ top: 4, width, height: 100, pixels: CONCURRENCY_HEIGHT - 8 }, html`<path class="arm-area" d="M0 100${steps}V100z"/>`)}`,
)}`;
}

/** The time before and after the work: provision and teardown. */
function outside(shown: ArmRound | undefined, wallMs: number, total: number, height: number): Fragment {
  if (shown?.windowStartMs == null || shown.windowEndMs === null) return null;
  const area = (name: string, from: number, to: number) =>
    to <= from
      ? null
      : html`<rect class="p-provision faint" x="${percentOf(from, total)}%" y="0" width="${percentOf(to - from, total)}%" height="${height}"><title>${name}: ${duration(to - from)}</title></rect>`;
  return [area('provision', 0, shown.windowStartMs), area('teardown', shown.windowEndMs, wallMs)];
}
