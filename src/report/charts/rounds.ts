import { count, duration } from '../../format.ts';
import { html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { picture } from './picture.ts';
import { AXIS, percentOf, timeAxis } from './time-axis.ts';

const ROW = 30;

/** The wall time of every round as a dot, and the median as a bar: one sees at a glance whether the arms overlap. */
export function roundsChart({ arms, rounds }: Summary): Markup | null {
  const rows = arms.flatMap(({ arm, wallMs }) => {
    const walls = rounds.flatMap(({ round, arms: ran }) =>
      ran
        .filter((one) => one.arm === arm && one.status === 'succeeded' && one.wallMs !== null)
        .map((one) => ({ round, wallMs: one.wallMs ?? 0 })),
    );
    return wallMs === null ? [] : [{ arm, median: wallMs.median, walls }];
  });
  const total = Math.max(0, ...rows.flatMap(({ walls }) => walls.map(({ wallMs }) => wallMs))) * 1.02;
  if (total === 0) return null;
  const height = rows.length * ROW;
  const described = {
    id: 'rounds',
    title: 'Wall time of each round',
    description: rows
      .map(({ arm, median, walls }) => `${arm}: median ${duration(median)} of ${count(walls.length)} rounds`)
      .join('; '),
  };
  return html`<div class="timeline lane-30"><ol class="lane-names">${rows.map(({ arm }) => html`<li>${arm}</li>`)}</ol>
${picture(described, height + AXIS, [
  timeAxis(total, height),
  rows.map(({ arm, median, walls }, row) => {
    const y = row * ROW + ROW / 2;
    const at = (ms: number) => `${percentOf(ms, total)}%`;
    return html`<line class="median s-${arm}" x1="${at(median)}" x2="${at(median)}" y1="${y - 11}" y2="${y + 11}"><title>median: ${duration(median)}</title></line>${walls.map(
      ({ round, wallMs }) =>
        html`<circle class="dot s-${arm}" cx="${at(wallMs)}" cy="${y}" r="5"><title>round ${round}: ${duration(wallMs)}</title></circle>`,
    )}`;
  }),
])}</div>`;
}
