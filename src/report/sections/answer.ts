import { meaningOf } from '../../contract/row.ts';
import { count, itemCount } from '../../format.ts';
import { brokenArms } from '../agreement.ts';
import { html, type Markup, withCode } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { keyList } from './parts.ts';

/** Whether all gave the same rows, and what that means for the ranking. */
export function agreementSection({ agreement, ranking, rounds }: Summary): Markup {
  const [kind, word] =
    agreement.equal === null
      ? ['open', 'Not compared.']
      : agreement.equal
        ? [
            brokenArms(rounds).length === 0 ? 'good' : 'open',
            agreement.within === undefined ? 'Equal.' : 'Equal within the tolerance.',
          ]
        : ['bad', 'Different.'];
  return html`<section><h2>Agreement</h2>
<p><b class="${kind}">${word}</b> ${agreement.reason}</p>
${agreement.digest === null ? null : html`<p>SHA-256 over all rows: <span class="digest">${agreement.digest}</span></p>`}
<p><b>${ranking.ranked ? 'Ranked.' : 'Not ranked.'}</b> ${withCode([ranking.reason, ...ranking.notes].join(' '))}</p>
</section>`;
}

/** Items that could not be measured, by code. */
export function failureSection({ failures, unit }: Summary): Markup | null {
  if (failures.codes.length === 0) return null;
  return html`<section><h2>Failed ${unit.many}</h2>
${failures.codes.map(
  ({
    code,
    count: times,
    examples,
  }) => html`<h3>${code} <span class="quiet">${itemCount(times, unit)}: ${meaningOf(code)}</span></h3>
${keyList(examples, times)}`,
)}</section>`;
}

/** What was wrong with the files of an arm, and why an arm failed. */
export function problemSection({ rounds }: Summary): Markup | null {
  const arms = rounds.flatMap(({ arms: inRound }) => inRound);
  const troubled = arms.filter(({ error, problems }) => error !== null || problems.length > 0);
  if (troubled.length === 0) return null;
  return html`<section><h2>Problems</h2>
${troubled.map(
  ({ arm, round, error, problems }) => html`<h3>${arm}, round ${round}</h3>
${error === null ? null : html`<p><b class="bad">${error.code}</b> ${error.message}</p>`}
${problems.map(
  ({ code, message, count: times, examples }) => html`<p><b>${code}</b> ${count(times)}: ${message}.</p>
${keyList(examples, times)}`,
)}`,
)}</section>`;
}
