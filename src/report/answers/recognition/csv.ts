import type { AnswerFigure } from '../view.ts';
import { labelFigures, type Matrix, type Mistake } from './figures.ts';

/** Lines of the CSV: recall and precision of each label, and what was taken for what. */
export function recognitionFigures(answer: Matrix, mistakes: readonly Mistake[]): AnswerFigure[] {
  return [
    ...labelFigures(answer).flatMap(({ label, recall, precision }) => [
      { figure: `recall of ${label}`, value: recall, unit: 'ratio' },
      { figure: `precision of ${label}`, value: precision, unit: 'ratio' },
    ]),
    ...mistakes.map(({ truth, label, images }) => ({
      figure: `taken for ${label}: ${truth}`,
      value: images,
      unit: 'images',
    })),
  ];
}
