import { count, plural } from '../../../format.ts';
import { text } from '../../markdown-text.ts';
import { html, type Markup } from '../../markup.ts';
import type { Summary } from '../../summary-schema.ts';
import { wrap } from '../../text/lines.ts';
import { completenessNote } from '../completeness.ts';
import { recognitionFigures } from '../recognition/csv.ts';
import { accuracyText, mistakesOf } from '../recognition/figures.ts';
import { labelsMarkdown } from '../recognition/markdown.ts';
import { confusionPart, labelTable } from '../recognition/tables.ts';
import { confusionLines } from '../recognition/terminal.ts';
import { type AnswerFigure, type AnswerOf, type AnswerReport, EMPTY_VIEW, type Fact } from '../view.ts';
import { accuracyChart, lossChart } from './curves.ts';

type Training = AnswerOf<'cnn'>;

export const CNN: AnswerReport<'cnn'> = {
  method:
    'images that were recognised are counted from the rows of the last stage, by the network as it was in the end. Nothing was learned of the images that count, and an image is taken for the class with the largest value, of equal ones the first',
  view: (answer, summary) => ({
    ...EMPTY_VIEW,
    facts: factsOf(answer),
    title: 'Training',
    figures: () => figuresOf(answer),
    result: () => sectionOf(answer, summary),
    markdown: () => ({ lead: [text(sentenceOf(answer)), ''], rest: labelsMarkdown(answer) }),
    terminal: () => ({
      lead: wrap(sentenceOf(answer)),
      rest: ['', 'Training', ...confusionLines(answer, mistakesOf(answer))],
    }),
  }),
};

function factsOf(answer: Training): Fact[] {
  if (answer.labelled === 0) return [];
  const [accuracy, of] = accuracyText(answer);
  return [{ what: `Accuracy ${accuracy}:`, rest: `${of} recognised` }];
}

/** How many images were recognised, of which nothing was learned, and what they were learned from. */
function sentenceOf(answer: Training): string {
  const { labelled, learned, rounds } = answer;
  const from = `learned from ${plural(learned, 'image')} in ${plural(rounds.length, 'round')}`;
  if (labelled === 0) return `Accuracy not known: ${from}.`;
  const [accuracy, of] = accuracyText(answer);
  return `Accuracy ${accuracy}: ${of} recognised, ${from}.`;
}

function sectionOf(answer: Training, summary: Summary): Markup {
  const { source, rounds, values, wrong } = answer;
  const first = wrong.slice(0, WRONG_NAMED);
  const rest = answer.labelled - answer.correct - first.length;
  return html`<section><h2>Training</h2>
<p><b>${sentenceOf(answer)}</b> Counted from the rows of ${source.arm}, round ${source.round}. ${completenessNote(summary, source)}</p>
${rounds.length < 2 ? null : [lossChart(rounds), accuracyChart(rounds)]}
${answer.labelled === 0 ? null : [confusionPart(answer, mistakesOf(answer)), labelTable(answer)]}
${first.length === 0 ? null : html`<h3>Not recognised</h3><ul>${first.map(({ key, label, truth }) => html`<li><bdi class="key">${key}</bdi> is <b><bdi>${truth}</bdi></b>, taken for <b><bdi>${label}</bdi></b></li>`)}</ul>${rest > 0 ? html`<p class="note">${count(rest)} more.</p>` : null}`}
${values === null ? null : html`<p class="note">SHA-256 of the values in the end: ${values}</p>`}</section>`;
}

const WRONG_NAMED = 12;

function figuresOf(answer: Training): AnswerFigure[] {
  const { accuracy, learned, labelled, correct, rounds } = answer;
  const line = (figure: string, value: number | null, unit: string) => ({ figure, value, unit });
  return [
    line('accuracy', accuracy, 'ratio'),
    line('learned from', learned, 'images'),
    line('with a known label', labelled, 'images'),
    line('recognised', correct, 'images'),
    ...rounds.flatMap(({ loss, train, test }, round) => [
      line(`loss of round ${round + 1}`, loss, ''),
      line(`accuracy of images learned from after round ${round + 1}`, train, 'ratio'),
      line(`accuracy after round ${round + 1}`, test, 'ratio'),
    ]),
    { figure: 'SHA-256 of the values', value: answer.values, unit: '' },
    ...recognitionFigures(answer, mistakesOf(answer)),
  ];
}
