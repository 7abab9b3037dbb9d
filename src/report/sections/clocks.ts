import type { ArmRound } from '../../aggregate/run-facts.ts';
import type { Unit } from '../../contract/unit.ts';
import { count, duration, plural, UNKNOWN } from '../../format.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import { stackedTable } from './parts.ts';

type Clocks = NonNullable<ArmRound['clocks']>;

/** Whether the clocks can be trusted, and cold batches beside warm ones. */
export function clocksSection(shown: readonly ArmRound[], unit: Unit): Markup | null {
  const known = shown.flatMap(({ arm, clocks }) => (clocks === null ? [] : [{ arm, clocks }]));
  if (known.length === 0) return null;
  const warmed = shown.flatMap(({ arm, cold, warm }) =>
    [
      { name: `${arm}, cold`, figures: cold },
      { name: `${arm}, warm`, figures: warm },
    ].flatMap(({ name, figures }) => (figures === null ? [] : [{ name, figures }])),
  );
  return html`<section><h2>Clocks</h2>
${known.map(({ arm, clocks }) => clocksOf(arm, clocks))}
${
  warmed.length === 0
    ? null
    : html`<h3>Cold and warm batches</h3>${stackedTable(
        ['batches', 'how many', unit.many, `time per ${unit.one}, median`, 'cold start, median'].map(
          (name) => ({
            name,
          }),
        ),
        warmed.map(({ name, figures: { batches, items, msPerItem, coldStartMs } }) => [
          name,
          count(batches),
          count(items),
          msPerItem === null ? UNKNOWN : `${msPerItem.toFixed(2)} ms`,
          duration(coldStartMs),
        ]),
      )}`
}
</section>`;
}

function clocksOf(arm: string, clocks: Clocks): Fragment {
  const { hosts, hostCount, unknownHosts, largestSkewMs, corrected, contradictions, bounds } = clocks;
  const unknown = unknownHosts === 0 ? '' : ` Of ${plural(unknownHosts, 'clock')} nothing is known.`;
  const odd =
    contradictions === 0
      ? ''
      : ` ${count(contradictions)} of ${plural(bounds, 'bound')} contradict the majority.`;
  const verdict = corrected
    ? `Wrong by up to ${duration(largestSkewMs)}; the times were corrected.`
    : hostCount === unknownHosts
      ? 'Not known.'
      : 'No clock is wrong for certain; no time was corrected.';
  return html`<h3>${arm} <span class="quiet">${plural(hostCount, 'host')}, seen by the ${clocks.coordinator}</span></h3>
<p>${verdict}${unknown}${odd} ${waits(clocks)}</p>
<details><summary>Clocks of the hosts</summary>
${stackedTable(
  [
    { name: 'host' },
    { name: 'batches' },
    { name: "behind S3's clock, at least" },
    { name: 'at most' },
    { name: 'corrected by' },
  ],
  hosts.map(({ host, batches, offsetLowMs, offsetHighMs, correctedByMs }) => [
    html`<bdi class="key">${host}</bdi>`,
    count(batches),
    milliseconds(offsetLowMs),
    milliseconds(offsetHighMs),
    milliseconds(correctedByMs),
  ]),
)}
${hostCount > hosts.length ? html`<p class="note">Not listed: ${plural(hostCount - hosts.length, 'host')}, whose clocks are less wrong.</p>` : null}
</details>`;
}

function waits({ queueMs, returnMs, seenBatches }: Clocks): string {
  const queued =
    queueMs === null ? '' : `A batch waited ${milliseconds(queueMs.median)} to be started (median). `;
  const seen =
    returnMs === null
      ? ''
      : `It was seen to be done ${milliseconds(returnMs.median)} after its end (median of ${plural(seenBatches, 'batch', 'batches')}).`;
  return queued + seen;
}

/** Offsets may be negative, which durations are not. */
function milliseconds(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const size = Math.abs(ms);
  return `${ms < 0 ? '−' : ''}${size < 1000 ? `${Number(size.toPrecision(3))} ms` : duration(size)}`;
}
