import { count, instant, itemCount, plural } from '../format.ts';
import { brokenArms } from './agreement.ts';
import { answerView } from './answers/reports.ts';
import type { Fact } from './answers/view.ts';
import { figuresOf, shownRound } from './figures.ts';
import { REMARKS_IN_LINE } from './headline.ts';
import { html, type Markup, withCode } from './markup.ts';
import { renderPage } from './page.ts';
import { adviceSection } from './sections/advice.ts';
import { agreementSection, failureSection, problemSection } from './sections/answer.ts';
import { armsSection, roundsSection } from './sections/arms.ts';
import { clocksSection } from './sections/clocks.ts';
import { costSection, curvesSection } from './sections/cost.ts';
import { hostsSection } from './sections/hosts.ts';
import { environmentSection, fleetSection, methodSection } from './sections/setting.ts';
import { stagesSection } from './sections/stages.ts';
import { scalingSection, timelineSection, timeSection } from './sections/time.ts';
import { workersSection } from './sections/workers.ts';
import { STYLE } from './style.ts';
import type { Summary } from './summary-schema.ts';
import { NO_IMAGES, type PageImages } from './thumbnails/page-images.ts';

/**
 * The summary as one page. Every value is escaped by the template, whatever a key holds.
 *
 * @param images that it shows. @default none
 */
export function renderHtml(summary: Summary, images: PageImages = NO_IMAGES): string {
  const figures = figuresOf(summary);
  const answer = answerView(summary);
  const shown = summary.arms.flatMap((arm) => shownRound(summary, arm) ?? []);
  const body = html`<header>
<p class="over">fanfleet · <span class="key">${summary.runId}</span> · ${instant(summary.startedAt)}</p>
<h1>${summary.headline}</h1>
${remarksOf(summary)}
${facts(summary, answer.facts)}
</header>
<main>
${armsSection(figures)}
${answer.result(images)}
${adviceSection(summary)}
${roundsSection(summary)}
${timelineSection(summary, shown)}
${timeSection(figures, shown)}
${stagesSection(shown)}
${scalingSection(summary)}
${costSection(summary)}
${curvesSection(summary)}
${workersSection(figures, shown, summary.unit)}
${hostsSection(shown)}
${fleetSection(shown)}
${failureSection(summary)}
${problemSection(summary)}
${agreementSection(summary)}
${clocksSection(shown, summary.unit)}
${answer.details()}
${environmentSection(summary)}
${methodSection(summary)}
</main>
<footer>summary.json has every figure of this page (schema ${summary.schemaVersion}).</footer>`;
  const hasImages = images.shown.size > 0;
  return renderPage({ title: `fanfleet: ${summary.headline}`, style: STYLE, body, hasImages });
}

/** A paragraph, or a list where there are more than one reads in one. */
function remarksOf({ remarks }: Summary): Markup | null {
  if (remarks.length === 0) return null;
  if (remarks.length <= REMARKS_IN_LINE) return html`<p class="lead">${withCode(remarks.join(' '))}</p>`;
  return html`<ul class="lead">${remarks.map((remark) => html`<li>${withCode(remark)}</li>`)}</ul>`;
}

/** What qualifies the headline. Green only where equality was shown and nothing is missing. */
function facts(
  { agreement, ranking, contended, failures, plan, rounds, request, unit }: Summary,
  ofAnswer: readonly Fact[],
): Markup {
  const failed = failures.codes.reduce((sum, { count: times }) => sum + times, 0);
  const broken = brokenArms(rounds);
  const fact = (kind: string, what: string, rest: string) =>
    html`<li class="${kind}"><b>${what}</b> ${rest}</li>`;
  const leftOut = plan.leftOut.reduce((sum, { count: files }) => sum + files, 0);
  const equal = agreement.equal === true && broken.length === 0;
  return html`<ul class="facts">
${agreement.equal === true ? fact(equal ? 'good' : 'open', 'Same answer:', agreement.within ?? 'digests are equal') : null}
${agreement.equal === false ? fact('bad', 'Different answers:', 'digests differ') : null}
${agreement.equal === null ? fact('open', 'Not compared', '') : null}
${ofAnswer.map(({ what, rest }) => fact('', what, rest))}
${broken.map(({ arm, round, status }) => fact('bad', status === 'failed' ? 'Failed:' : 'Not valid:', `${arm}, round ${round}`))}
${contended ? fact('open', 'Contended:', 'both arms shared the same cores') : null}
${ranking.obstacle === 'kernel' ? fact('open', 'Not ranked:', 'different kernels') : null}
${ranking.ranked || ranking.obstacle === 'kernel' ? null : fact('open', 'Not ranked', '')}
${failures.source === null ? fact('open', 'No results', 'were read') : fact(failed === 0 ? '' : 'open', count(failed), `of ${itemCount(plan.items, unit)} failed`)}
${leftOut === 0 ? null : fact('', plural(leftOut, 'file'), 'left out')}
${fact('', plural(request.repeats, 'round'), request.repeats === 1 ? '(noise not measured)' : '')}
</ul>`;
}
