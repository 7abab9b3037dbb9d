import { duration, plural } from '../../format.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import { type StageTimes, totalMs } from '../stage-times.ts';
import { anchorAt, atPercent, picture } from './picture.ts';
import { percentOf, timeTicks } from './time-axis.ts';

/** The parts of a column from below, with their classes in the style sheet. */
export const STAGE_PARTS = [
  { kind: 'st-map', name: 'map', ms: ({ mapMs }: StageTimes) => mapMs },
  { kind: 'st-reduce', name: 'reduce', ms: ({ reduceMs }: StageTimes) => reduceMs },
  { kind: 'st-between', name: 'between', ms: ({ betweenMs }: StageTimes) => betweenMs },
] as const;

const HEIGHT = 190;
/** Room for the time of a column that is cut off, and for the numbers of the stages. */
const TOP = 20;
const BOTTOM = 22;
const RANGE = HEIGHT - TOP - BOTTOM;
/** Of so few stages columns as wide as the page would look like areas. */
const FEWEST = 12;
/** How many times the longest of the others the first stage may take before it is cut off. */
const CUT = 3;

/** The time that a picture of these stages ends at: that of the longest, but for a first one that would dwarf all others. */
export function stageLimit(stages: readonly StageTimes[]): number {
  const [first = 0, ...others] = stages.map(totalMs);
  const longest = Math.max(0, ...others);
  return longest > 0 && first > CUT * longest ? CUT * longest : Math.max(first, longest);
}

/**
 * A column for each stage: its batches, its reduce, and what lies between stages.
 *
 * @param limitMs where the time axis ends; longer columns are cut off there, with their time above
 */
export function stageColumns(arm: string, stages: readonly StageTimes[], limitMs: number): Markup {
  const described = {
    id: `stages-${arm}`,
    title: `Stages of the ${arm} arm`,
    description: `${plural(stages.length, 'stage')}; the longest took ${duration(Math.max(0, ...stages.map(totalMs)))}. The table has all figures.`,
  };
  const places = Math.max(FEWEST, stages.length);
  const width = 0.96 / places;
  return html`<figure class="plot a-${arm}"><figcaption>time of the stage</figcaption>
<svg class="y-axis" width="64" height="${HEIGHT}" aria-hidden="true">${timeTicks(limitMs).map(({ percent, label }) => html`<text class="tick" x="58" y="${pixel(percent) + 4}" text-anchor="end">${label}</text>`)}</svg>
${picture(described, HEIGHT, [
  timeTicks(limitMs).map(
    ({ percent }) =>
      html`<line class="grid" x1="0" x2="100%" y1="${pixel(percent)}" y2="${pixel(percent)}"/>`,
  ),
  stages.map((stage, i) => column(stage, i / places, width, limitMs)),
  stageNumbers(stages, places),
])}
<p class="x-title">stage</p></figure>`;
}

function column(stage: StageTimes, at: number, width: number, limitMs: number): Markup {
  const [x, size] = [atPercent(at), atPercent(width)];
  const total = totalMs(stage);
  let below = 0;
  const parts = STAGE_PARTS.map(({ kind, ms }) => {
    const [from, to] = [below, below + (ms(stage) ?? 0)];
    below = to;
    const [bottom, top] = [pixel(percentOf(from, limitMs)), pixel(percentOf(to, limitMs))];
    const height = Math.round((bottom - top) * 10) / 10;
    return height <= 0
      ? null
      : html`<rect class="${kind}" x="${x}" y="${top}" width="${size}" height="${height}"/>`;
  });
  const told = STAGE_PARTS.map(({ name, ms }) => `${name} ${duration(ms(stage))}`).join(', ');
  return html`<g><title>stage ${stage.stage}: ${told}</title>${parts}${
    total > limitMs
      ? html`<text class="tick" x="${x}" y="${TOP - 6}" text-anchor="start">${duration(total)}</text><line class="cut" x1="${x}" x2="${atPercent(at + width)}" y1="${TOP + 5}" y2="${TOP + 1}"/>`
      : null
  }</g>`;
}

/** Which part of the axis, in percent, is how many pixels down. */
function pixel(percent: number): number {
  return Math.round((TOP + (1 - percent / 100) * RANGE) * 10) / 10;
}

const MOST_NUMBERS = 8;

function stageNumbers(stages: readonly StageTimes[], places: number): Fragment {
  const step = [1, 2, 5, 10, 20, 50].find((every) => stages.length / every <= MOST_NUMBERS) ?? 100;
  return stages.map(({ stage }, i) => {
    if (stage % step !== 0) return null;
    const middle = (i + 0.48) / places;
    return html`<text class="tick" x="${atPercent(middle)}" y="${HEIGHT - 5}" text-anchor="${anchorAt(middle)}">${stage}</text>`;
  });
}
