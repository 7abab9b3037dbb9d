import type { ArmRound } from '../../aggregate/run-facts.ts';
import { count, memory, plural } from '../../format.ts';
import { shareOverTime } from '../charts/utilisation.ts';
import { HOST_COLUMNS, hostFigures } from '../host-figures.ts';
import { html, type Markup } from '../markup.ts';

type Host = ArmRound['hosts'][number];

/** More hosts than this are not drawn. */
export const MOST_HOSTS = 64;

/** What the hosts of the fleet used while the engine ran, and how the engine saw them last. */
export function hostsSection(shown: readonly ArmRound[]): Markup | null {
  const hosts = shown.flatMap((arm) => arm.hosts);
  if (hosts.length === 0) return null;
  const silent = hosts.filter(({ utilisation }) => utilisation === null).length;
  const dropped = hosts.length - MOST_HOSTS;
  return html`<section><h2>Hosts</h2>
<p>What each host used of its own cores, memory and network while the engine ran, measured on it once a second.
The full height of a picture is all that the host has.
${silent === 0 ? null : html`<b class="open">${count(silent)} of ${count(hosts.length)} left no measurement.</b>`}</p>
<ul class="hosts">${hosts.slice(0, MOST_HOSTS).map(hostCard)}</ul>
${dropped > 0 ? html`<p class="note">Not shown: ${plural(dropped, 'host')}; summary.json has them.</p>` : null}
</section>`;
}

function hostCard(host: Host, i: number): Markup {
  const { instanceId, role, cells, state } = hostFigures(host);
  const name = `host-${i}`;
  return html`<li><h3 class="host-name"><bdi class="key">${instanceId}</bdi> <span class="quiet">${role}${state === '–' ? null : html`, ${state}`}</span></h3>
${host.utilisation === null ? html`<p class="note">No measurement.</p>` : pictures(host.utilisation, name, instanceId)}
<dl class="compact">${HOST_COLUMNS.map((column, c) => html`<div><dt>${column}</dt><dd>${cells[c] ?? null}</dd></div>`)}</dl></li>`;
}

function pictures(used: NonNullable<Host['utilisation']>, name: string, instanceId: string): Markup {
  const { cpuOverTime, memoryOverTime, memoryLimitBytes, memoryPeakBytes, cpuMean, cpuPeak } = used;
  const cpu = {
    id: `${name}-cpu`,
    title: `Use of the cores of ${instanceId} over time`,
    description: `${Math.round(100 * cpuMean)} % on average, ${Math.round(100 * cpuPeak)} % in the busiest second`,
  };
  const held = {
    id: `${name}-memory`,
    title: `Memory of ${instanceId} over time`,
    description: `at most ${memory(memoryPeakBytes)} of ${memory(memoryLimitBytes)}`,
  };
  const share = (value: number | null) =>
    value === null || !memoryLimitBytes ? null : value / memoryLimitBytes;
  return html`<p class="use-name">CPU</p>${shareOverTime(cpu, 'cpu', cpuOverTime)}
<p class="use-name">memory of ${memory(memoryLimitBytes)}</p>${shareOverTime(held, 'memory', memoryOverTime.map(share))}`;
}
