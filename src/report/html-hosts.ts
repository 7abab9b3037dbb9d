import { count } from './format.ts';
import { HOST_COLUMNS, hostFigures } from './host-figures.ts';
import { type Fragment, html, type Markup } from './markup.ts';
import type { ArmRound } from './summary-schema.ts';

/** What the hosts of the fleet used while the engine ran, and how the engine saw them last. */
export function hostsSection(shown: readonly ArmRound[]): Markup | null {
  const hosts = shown.flatMap((arm) => arm.hosts);
  if (hosts.length === 0) return null;
  const silent = hosts.filter(({ utilisation }) => utilisation === null).length;
  return html`<section><h2>Hosts</h2>
<p>What each host used of its own cores, memory and network while the engine ran, measured on it once a second.
${silent === 0 ? null : html`<b class="open">${count(silent)} of ${count(hosts.length)} left no measurement.</b>`}</p>
<div class="wide"><table class="full"><thead><tr><th scope="col">host</th><th class="text" scope="col">role</th>${HOST_COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}<th class="text" scope="col">CPU over time</th><th class="text" scope="col">last state</th></tr></thead><tbody>
${hosts.map((host) => {
  const { instanceId, role, cells, state, cpuOverTime } = hostFigures(host);
  return html`<tr><td class="key">${instanceId}</td><td class="text">${role}</td>${cells.map((cell) => html`<td>${cell}</td>`)}<td class="text">${area(cpuOverTime)}</td><td class="text">${state}</td></tr>`;
})}
</tbody></table></div></section>`;
}

const BIN_WIDTH = 2;
const HEIGHT = 18;

/** The use of the cores as a small picture whose full height is all of them. Gaps are times without a sample. */
function area(fractions: readonly (number | null)[]): Fragment {
  if (fractions.length === 0) return null;
  const width = fractions.length * BIN_WIDTH;
  const steps = fractions.map((part, bin) => {
    if (part === null) return '';
    const height = Math.max(1, part * HEIGHT).toFixed(1);
    return `M${bin * BIN_WIDTH} ${HEIGHT}v-${height}h${BIN_WIDTH}v${height}z`;
  });
  return html`<svg class="chart" width="${width}" height="${HEIGHT}" role="img" aria-label="CPU over time"><line class="grid" x1="0" x2="${width}" y1="${HEIGHT}" y2="${HEIGHT}"/><path class="b-even" d="${steps.join('')}"/></svg>`;
}
