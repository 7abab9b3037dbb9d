import { PHASES } from '../timing/phases.ts';
import { PHASE_NAMES, seconds } from './figures.ts';
import { duration, plural, printable } from './format.ts';
import { type Fragment, html, type Markup } from './markup.ts';
import { percentOf, timeTicks } from './scale.ts';
import type { ArmRound, Summary } from './summary-schema.ts';

// Charts have no viewBox: x is in percent and y in pixels, so that they fill any width and text keeps its size.

const AXIS = 22;

/** One stacked bar of phases per arm, all on one time axis. */
export function phaseBars(arms: readonly ArmRound[]): Markup {
  const known = arms.filter(({ phases }) => phases !== null);
  const total = Math.max(0, ...known.map(({ wallMs }) => wallMs ?? 0));
  const unknown = arms.filter(({ phases, wallMs }) => phases === null && wallMs !== null);
  return html`<div class="bars">${known.map(
    (arm) => html`<div class="bar-name">${arm.arm} <span class="quiet">${duration(arm.wallMs)}</span></div>
<svg class="chart" width="100%" height="30" role="img" aria-label="Phases of the ${arm.arm} arm">${segments(arm, total)}</svg>`,
  )}<svg class="chart" width="100%" height="${AXIS}" aria-hidden="true">${axis(total, 0, AXIS)}</svg>${unknown.map(
    (arm) =>
      html`<div class="bar-name">${arm.arm} <span class="quiet">${arm.status} after ${duration(arm.wallMs)}; no batch says where its time went</span></div>`,
  )}</div>`;
}

function segments({ phases, wallMs }: ArmRound, total: number): Fragment {
  let from = 0;
  return PHASES.map((phase) => {
    const ms = phases?.[phase] ?? 0;
    if (ms === 0) return null;
    const rect = html`<rect class="p-${phase}" x="${percentOf(from, total)}%" y="1" width="${percentOf(ms, total)}%" height="28"><title>${PHASE_NAMES[phase]}: ${seconds(ms)} of ${seconds(wallMs)}</title></rect>`;
    from += ms;
    return rect;
  });
}

type ArmTimeline = Summary['timelines'][number];
type Lane = ArmTimeline['lanes'][number];

/** Batches per worker over the wall time of the arm, on an axis that ends at `totalMs`. */
export function timelineChart(timeline: ArmTimeline, shown: ArmRound | undefined, totalMs: number): Markup {
  const { lanes } = timeline;
  const size = lanes.length > 24 ? 14 : lanes.length > 10 ? 18 : 24;
  const height = lanes.length * size;
  const names = shortNames(lanes.map(({ worker }) => worker));
  const busiest = Math.max(1, ...lanes.flatMap(({ bins }) => bins));
  return html`<div class="timeline lane-${size}">
<ol class="lane-names">${lanes.map(({ worker }, i) => html`<li title="${worker}">${names[i] ?? worker}</li>`)}</ol>
<svg class="chart" width="100%" height="${height + AXIS}" role="img" aria-label="Timeline of the ${timeline.arm} arm">
${outside(shown, timeline.wallMs, totalMs, height)}${axis(totalMs, height, AXIS)}
${lanes.map((lane, i) => (timeline.binMs === null ? bars : binned(timeline.binMs, busiest))(lane, i * size, size, totalMs))}
</svg></div>`;
}

/** The time before and after the work: provision and teardown. */
function outside(shown: ArmRound | undefined, wallMs: number, total: number, height: number): Fragment {
  if (shown?.windowStartMs == null || shown.windowEndMs === null) return null;
  const area = (name: string, kind: string, from: number, to: number) =>
    to <= from
      ? null
      : html`<rect class="${kind} faint" x="${percentOf(from, total)}%" y="0" width="${percentOf(to - from, total)}%" height="${height}"><title>${name}: ${duration(to - from)}</title></rect>`;
  return [
    area('provision', 'p-provision', 0, shown.windowStartMs),
    area('teardown', 'p-provision', shown.windowEndMs, wallMs),
  ];
}

function bars({ batches }: Lane, top: number, size: number, total: number): Fragment {
  const { rows, used } = stack(batches);
  const height = Math.max(3, (size - 4) / used);
  return batches.map((batch, i) => {
    const y = top + 2 + (rows[i] ?? 0) * height;
    const place = (from: number, to: number, kind: string) =>
      html`<rect class="${kind}" x="${percentOf(from, total)}%" y="${y}" width="${percentOf(to - from, total)}%" height="${height}">`;
    const kind = batch.errors > 0 ? 'b-failed' : i % 2 === 0 ? 'b-even' : 'b-odd';
    const failed = batch.errors === 0 ? '' : `, ${batch.errors} failed`;
    const text = `batch ${batch.batch}: ${plural(batch.images, 'image')}${failed}, ${duration(batch.endMs - batch.startMs)}`;
    const cold =
      batch.coldStartMs === 0
        ? null
        : html`${place(batch.startMs - batch.coldStartMs, batch.startMs, 'p-coldStart')}<title>cold start: ${duration(batch.coldStartMs)}</title></rect>`;
    return html`${cold}${place(batch.startMs, batch.endMs, kind)}<title>${text}</title></rect>`;
  });
}

/** Rows within a lane, for a worker that does several batches at once: each batch takes the first free one. */
function stack(batches: Lane['batches']): { rows: number[]; used: number } {
  const ends: number[] = [];
  const rows = batches.map(({ startMs, endMs, coldStartMs }) => {
    const free = ends.findIndex((end) => end <= startMs - coldStartMs + 0.5);
    const row = free < 0 ? ends.length : free;
    ends[row] = endMs;
    return row;
  });
  return { rows, used: Math.max(1, ends.length) };
}

function binned(binMs: number, busiest: number) {
  return ({ bins }: Lane, top: number, size: number, total: number): Fragment =>
    bins.map((busy, bin) =>
      busy === 0
        ? null
        : html`<rect class="b-even" shape-rendering="crispEdges" fill-opacity="${(0.15 + 0.85 * (busy / busiest)).toFixed(2)}" x="${percentOf(bin * binMs, total)}%" y="${top + 2}" width="${percentOf(binMs, total)}%" height="${size - 4}"/>`,
    );
}

/** Grid lines down to `top`, and the labels below it. */
function axis(totalMs: number, top: number, height: number): Fragment {
  return timeTicks(totalMs).map(({ percent, label }) => {
    const anchor = percent < 4 ? 'start' : percent > 94 ? 'end' : 'middle';
    return html`<line class="grid" x1="${percent}%" x2="${percent}%" y1="0" y2="${top + 5}"/><text class="tick" x="${percent}%" y="${top + height - 5}" text-anchor="${anchor}">${label}</text>`;
  });
}

const LONGEST_NAME = 12;
/** `<instance>/<pid>`: the ends of both tell workers apart, since ids are random. */
const HOST_AND_PROCESS = /([^/]{4}\/\d{1,7})$/;

/** Names without what all of them start with, from the place on that tells them apart. */
export function shortNames(names: readonly string[]): string[] {
  const [first = ''] = names;
  let common = names.length < 2 ? 0 : first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, common))) common -= 1;
  }
  // Where it fits, cut where a word begins, so that `host-11` and `host-12` do not become 1 and 2.
  const word = first.slice(0, common).search(/[^/\]:]*$/);
  return names.map((name) => {
    const whole = [...printable(name.slice(word))];
    if (whole.length <= LONGEST_NAME) return whole.join('');
    const rest = [...printable(name.slice(common))];
    const process = HOST_AND_PROCESS.exec(name);
    if (process !== null && rest.length > LONGEST_NAME) return `…${printable(process[1] ?? '')}`;
    const start = common > word ? '…' : '';
    return (
      start + (rest.length > LONGEST_NAME ? `${rest.slice(0, LONGEST_NAME - 1).join('')}…` : rest.join(''))
    );
  });
}
