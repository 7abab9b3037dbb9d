import type { Fragment } from '../../markup.ts';
import { recognitionFigures } from '../recognition/csv.ts';
import { accuracyText, mistakesOf } from '../recognition/figures.ts';
import { labelsMarkdown } from '../recognition/markdown.ts';
import { type AnswerFigure, type AnswerReport, EMPTY_VIEW, type Fact } from '../view.ts';
import type { Classification } from './classification.ts';
import { readWrongImages } from './images.ts';
import { accuracyMarkdown } from './markdown.ts';
import { classificationSection } from './section.ts';
import { accuracyLines, classificationLines } from './terminal.ts';

export const KNN: AnswerReport<'knn'> = {
  method:
    'images that were recognised are counted from the rows. An image is compared by the square of the Euclidean distance of its R, G and B, an exact integer; the nearest ones vote, and of labels with as many votes the first in their order wins',
  view: (answer, summary) => ({
    ...EMPTY_VIEW,
    facts: factsOf(answer),
    title: 'Classification',
    figures: () => figuresOf(answer),
    result: (images): Fragment => classificationSection(answer, summary, images),
    markdown: () => ({ lead: accuracyMarkdown(answer), rest: labelsMarkdown(answer) }),
    terminal: () => ({ lead: accuracyLines(answer), rest: classificationLines(answer) }),
    readImages: (readers) => readWrongImages(summary.runId, answer.wrong, readers),
  }),
};

function factsOf(answer: Classification): Fact[] {
  if (answer.labelled === 0) return [];
  const [accuracy, of] = accuracyText(answer);
  return [{ what: `Accuracy ${accuracy}:`, rest: `${of} recognised` }];
}

function figuresOf(answer: Classification): AnswerFigure[] {
  const { accuracy, asked, labelled, correct } = answer;
  const line = (figure: string, value: number | null, unit: string) => ({ figure, value, unit });
  return [
    line('accuracy', accuracy, 'ratio'),
    line('asked', asked, 'images'),
    line('with a known label', labelled, 'images'),
    line('recognised', correct, 'images'),
    ...recognitionFigures(answer, mistakesOf(answer)),
  ];
}
