import type { Advice, Choice } from '../../advice/advice.ts';
import { choiceText, optionsOf } from '../../advice/sentence.ts';
import { breakEvenSentences, flipSentences, refusalSentences } from '../../advice/text.ts';
import { duration, usd } from '../../format.ts';
import { code, html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { stackedTable } from './parts.ts';

/** Which arm to take for these items in AWS, and what would change that. */
export function adviceSection({ advice, request }: Pick<Summary, 'advice' | 'request'>): Markup {
  if (advice === null) {
    const why =
      request.arms.length === 1
        ? 'only one arm was to run, and there is nothing to weigh it against'
        : 'not both arms were measured, or there are no prices, or the run is of a version that gave none';
    return html`<section><h2>Advice for AWS</h2><p>None: ${why}.</p></section>`;
  }
  return html`<section><h2>Advice for AWS</h2>
<p><b>${advice.sentence}</b></p>
${choices(advice)}
${sentences('What would change it', [...breakEvenSentences(advice), ...flipSentences(advice)])}
${sentences('What the limits keep out', refusalSentences(advice))}
${advice.best === null ? null : html`<p class="note">As options of <code>fanfleet run</code>: ${code(optionsOf(advice.best))}</p>`}
${sentences('What it rests on', [`${advice.calibration}.`, ...advice.notes])}
</section>`;
}

function choices({ best, runnerUp, nearest }: Advice): Markup {
  const row = (name: string, choice: Choice | null) =>
    choice === null
      ? []
      : [[name, choiceText(choice), duration(choice.seconds * 1000), usd(choice.usd), choice.limit]];
  return stackedTable(
    [
      { name: 'choice' },
      { name: 'with', text: true },
      { name: 'time' },
      { name: 'cost' },
      { name: 'limited by', text: true },
    ],
    [...row('advised', best), ...row('the other arm', runnerUp), ...row('nearest', nearest)],
  );
}

function sentences(title: string, all: readonly string[]): Markup | null {
  if (all.length === 0) return null;
  return html`<details><summary>${title}</summary><ul class="notes">${all.map((one) => html`<li>${one}</li>`)}</ul></details>`;
}
