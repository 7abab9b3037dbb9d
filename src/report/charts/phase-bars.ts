import type { ArmRound } from '../../aggregate/run-facts.ts';
import { duration, percent, seconds } from '../../format.ts';
import { PHASES } from '../../timing/phases.ts';
import { PHASE_NAMES } from '../figures.ts';
import { html, type Markup } from '../markup.ts';
import { stackedBar } from './stacked-bar.ts';
import { AXIS, timeAxis } from './time-axis.ts';

/** One stacked bar of phases per arm, all on one time axis. */
export function phaseBars(arms: readonly ArmRound[]): Markup {
  const known = arms.filter(({ phases }) => phases !== null);
  const total = Math.max(0, ...known.map(({ wallMs }) => wallMs ?? 0));
  const unknown = arms.filter(({ phases, wallMs }) => phases === null && wallMs !== null);
  return html`<div class="bars">${known.map((arm) => bar(arm, total))}<svg class="chart" width="100%" height="${AXIS}" aria-hidden="true">${timeAxis(total, 0)}</svg>${unknown.map(
    ({ arm, status, wallMs }) =>
      html`<p class="bar-name">${arm} <span class="quiet">${status} after ${duration(wallMs)}; no batch says where its time went</span></p>`,
  )}</div>`;
}

function bar({ arm, phases, wallMs }: ArmRound, total: number): Markup {
  const parts = PHASES.map((phase) => ({ phase, ms: phases?.[phase] ?? 0 })).filter(({ ms }) => ms > 0);
  const described = {
    id: `phases-${arm}`,
    title: `Phases of the ${arm} arm`,
    description: parts.map(({ phase, ms }) => `${PHASE_NAMES[phase]} ${seconds(ms)}`).join(', '),
  };
  const segments = parts.map(({ phase, ms }) => ({
    kind: `p-${phase}`,
    value: ms,
    label: PHASE_NAMES[phase],
    text: `${PHASE_NAMES[phase]}: ${seconds(ms)} of ${seconds(wallMs)}, ${percent(ms / (wallMs || 1))}`,
  }));
  return html`<p class="bar-name">${arm} <span class="quiet">${duration(wallMs)}</span></p>${stackedBar(described, segments, total)}`;
}
