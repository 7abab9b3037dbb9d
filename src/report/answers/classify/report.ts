import type { Fragment } from '../../markup.ts';
import { recognitionFigures } from '../recognition/csv.ts';
import { type AnswerFigure, type AnswerReport, EMPTY_VIEW, type Fact } from '../view.ts';
import {
  bestClasses,
  type Classification,
  knownMistakes,
  outcomeText,
  partText,
  topAccuracyText,
  topOf,
} from './classification.ts';
import { readExamples } from './images.ts';
import { classificationSection } from './section.ts';
import { markdownOf, terminalOf } from './texts.ts';

export const CLASSIFY: AnswerReport<'classify'> = {
  method:
    'images that were recognised are counted from the rows. A score is the probability of a class in millionths: what the model gives, or where it ends with no softmax, that of its output. Of classes with equal output the first one is the better',
  view: (answer, summary) => ({
    ...EMPTY_VIEW,
    facts: factsOf(answer, topOf(summary.request)),
    title: 'Classification',
    figures: () => figuresOf(answer),
    result: (images): Fragment => classificationSection(answer, summary, images),
    markdown: () => markdownOf(answer, topOf(summary.request)),
    terminal: () => terminalOf(answer, topOf(summary.request)),
    readImages: (readers) => readExamples(answer, readers),
  }),
};

function factsOf(answer: Classification, most: number): Fact[] {
  const [what, rest] = outcomeText(answer);
  const top = topAccuracyText(answer, most);
  return [{ what: `${what}:`, rest }, ...(top === null ? [] : [{ what: top[0], rest: '' }])];
}

function figuresOf(answer: Classification): AnswerFigure[] {
  const { accuracy, classified, labelled, foreign, correct, correctTop, counts, scoreHistogram } = answer;
  const line = (figure: string, value: number | null, unit: string) => ({ figure, value, unit });
  const best = bestClasses(answer);
  return [
    line('accuracy', accuracy, 'ratio'),
    line('classified', classified, 'images'),
    line('with a known label', labelled, 'images'),
    line('with a label of no class', foreign, 'images'),
    line('recognised', correct, 'images'),
    ...(best > 1 ? [line(`recognised among the best ${best}`, correctTop, 'images')] : []),
    ...recognitionFigures(answer, knownMistakes(answer)),
    ...counts.map(({ label, images }) => line(`taken for ${label}`, images, 'images')),
    ...scoreHistogram.map((images, part) =>
      line(`best score ${partText(part, scoreHistogram.length)}`, images, 'images'),
    ),
  ];
}
