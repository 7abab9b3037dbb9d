import type { Unit } from '../../contract/unit.ts';
import { duration, itemCount } from '../../format.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { stretched } from './picture.ts';
import { percentOf } from './time-axis.ts';

type Lane = Summary['timelines'][number]['lanes'][number];
type Batch = Lane['batches'][number];

/** Up to so many batches each one can be pointed at; beyond, a lane is a few paths, which are a tenth of the text. */
const MOST_POINTED = 400;
/** Units of the x of a path. */
const WIDTH = 10_000;

/** Every batch of each lane. */
export function batchBars(lanes: readonly Lane[], size: number, totalMs: number, unit: Unit): Fragment {
  const batches = lanes.reduce((sum, lane) => sum + lane.batches.length, 0);
  if (batches <= MOST_POINTED) return lanes.map((lane, i) => bars(lane, i * size, size, totalMs, unit));
  return stretched(
    { width: WIDTH, height: lanes.length * size },
    lanes.map((lane, i) => paths(lane, i * size, size, totalMs)),
  );
}

interface Placed {
  readonly batch: Batch;
  readonly kind: 'b-even' | 'b-odd' | 'b-failed';
  readonly y: number;
  readonly height: number;
}

function placed({ batches }: Lane, top: number, size: number): Placed[] {
  const { rows, used } = stack(batches);
  const height = Math.max(2, Math.round((10 * (size - 4)) / used) / 10);
  return batches.map((batch, i) => ({
    batch,
    kind: batch.errors > 0 ? 'b-failed' : i % 2 === 0 ? 'b-even' : 'b-odd',
    y: Math.round(10 * (top + 2 + Math.min((rows[i] ?? 0) * height, size - 4 - height))) / 10,
    height,
  }));
}

function bars(lane: Lane, top: number, size: number, total: number, unit: Unit): Fragment {
  return placed(lane, top, size).map(({ batch, kind, y, height }) => {
    const rect = (from: number, to: number, name: string, text: string) =>
      html`<rect class="${name}" x="${percentOf(from, total)}%" y="${y}" width="${percentOf(to - from, total)}%" height="${height}"><title>${text}</title></rect>`;
    const failed = batch.errors === 0 ? '' : `, ${batch.errors} failed`;
    const text = `batch ${batch.batch}: ${itemCount(batch.items, unit)}${failed}, ${duration(batch.endMs - batch.startMs)}`;
    const cold =
      batch.coldStartMs === 0
        ? null
        : rect(
            batch.startMs - batch.coldStartMs,
            batch.startMs,
            'p-coldStart',
            `cold start: ${duration(batch.coldStartMs)}`,
          );
    return [cold, rect(batch.startMs, batch.endMs, kind, text)];
  });
}

function paths(lane: Lane, top: number, size: number, total: number): Fragment {
  const drawn = new Map<string, string>();
  const add = (kind: string, from: number, to: number, { y, height }: Placed) => {
    const x = Math.round((WIDTH * from) / total);
    const width = Math.max(1, Math.round((WIDTH * to) / total) - x);
    drawn.set(kind, `${drawn.get(kind) ?? ''}M${x} ${y}h${width}v${height}h-${width}z`);
  };
  for (const one of placed(lane, top, size)) {
    const { startMs, endMs, coldStartMs } = one.batch;
    if (coldStartMs > 0) add('p-coldStart', startMs - coldStartMs, startMs, one);
    add(one.kind, startMs, endMs, one);
  }
  return [...drawn].map(([kind, d]) => html`<path class="${kind}" d="${d}"/>`);
}

/** Rows within a lane, for a worker that does several batches at once: each batch takes the first free one. */
function stack(batches: readonly Batch[]): { rows: number[]; used: number } {
  const ends: number[] = [];
  const rows = batches.map(({ startMs, endMs, coldStartMs }) => {
    const free = ends.findIndex((end) => end <= startMs - coldStartMs + 0.5);
    const row = free < 0 ? ends.length : free;
    ends[row] = endMs;
    return row;
  });
  return { rows, used: Math.max(1, ends.length) };
}

/** Steps of the strength of a colour. */
const LEVELS = 8;

/**
 * How busy each lane was: the stronger the colour, the more batches were at work.
 *
 * @param part of the width that the arm's time takes
 */
export function binnedBars(lanes: readonly Lane[], size: number, part: number): Markup {
  const bins = lanes[0]?.bins.length ?? 0;
  const busiest = Math.max(...lanes.flatMap((lane) => lane.bins));
  return stretched(
    { width: part > 0 ? bins / part : 1, height: lanes.length * size },
    lanes.map((lane, i) => strip(lane.bins, busiest, i * size + 2, size - 4)),
  );
}

/** One path for each strength; bins of the same one that follow each other are one piece. */
function strip(bins: readonly number[], busiest: number, y: number, height: number): Fragment {
  const levels = bins.map((busy) => (busy === 0 ? 0 : Math.ceil((LEVELS * busy) / busiest)));
  const drawn = new Map<number, string>();
  for (let from = 0, to = 0; from < levels.length; from = to) {
    const level = levels[from] ?? 0;
    to = from;
    while (to < levels.length && levels[to] === level) to += 1;
    const width = to - from;
    if (level > 0) drawn.set(level, `${drawn.get(level) ?? ''}M${from} ${y}h${width}v${height}h-${width}z`);
  }
  return [...drawn].map(
    ([level, d]) =>
      html`<path class="b-even" fill-opacity="${0.12 + (0.88 * level) / LEVELS}" shape-rendering="crispEdges" d="${d}"/>`,
  );
}
