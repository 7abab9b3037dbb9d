import { count, percent } from '../../../format.ts';
import { folded, text } from '../../markdown-text.ts';
import { wrap } from '../../text/lines.ts';
import { shortLabel } from '../recognition/figures.ts';
import { labelsMarkdown } from '../recognition/markdown.ts';
import { confusionLines } from '../recognition/terminal.ts';
import type { AnswerText } from '../view.ts';
import {
  type Classification,
  knownMistakes,
  outcomeText,
  sureText,
  topAccuracyText,
  uncountedTexts,
} from './classification.ts';

/** Labels that a line of the terminal names. */
const MOST_NAMED = 6;

/** Escaped, with tables of the labels and of what images were taken for. */
export function markdownOf(answer: Classification, top: number): AnswerText {
  const { classified, counts } = answer;
  return {
    lead: [text(sentences(answer, top).join(' ')), ''],
    rest: [
      ...(answer.labelled === 0 ? [] : labelsMarkdown(answer)),
      ...folded('Taken for', [
        '| label | images | part |',
        '|---|---:|---:|',
        ...counts.map(
          ({ label, images }) => `| ${text(label)} | ${count(images)} | ${percent(images / classified)} |`,
        ),
      ]),
    ],
  };
}

/** At most 100 columns wide. */
export function terminalOf(answer: Classification, top: number): AnswerText {
  const { classified, counts, labelled } = answer;
  const named = counts.slice(0, MOST_NAMED);
  const rest = classified - named.reduce((sum, { images }) => sum + images, 0);
  const taken = named.map(({ label, images }) => `${shortLabel(label)} ${count(images)}`);
  const others = rest > 0 ? `, others ${count(rest)}` : '';
  const confusion = labelled === 0 ? [] : confusionLines(answer, knownMistakes(answer));
  const lines = [
    ...confusion,
    ...(confusion.length > 0 ? [''] : []),
    ...(named.length === 0 ? [] : wrap(`Taken for: ${taken.join(', ')}${others}`)),
  ];
  return {
    lead: wrap(sentences(answer, top).join(' ')),
    rest: lines.length === 0 ? [] : ['', 'Classification', ...lines],
  };
}

function sentences(answer: Classification, most: number): string[] {
  const [outcome, of] = outcomeText(answer);
  const top = topAccuracyText(answer, most);
  const sure = sureText(answer);
  return [
    `${outcome}: ${of}.`,
    ...(top === null ? [] : [`${top[0]}: ${top[1]}.`]),
    ...uncountedTexts(answer),
    ...(sure === null ? [] : [sure]),
  ];
}
