import { count, percent } from '../../../format.ts';
import type { ClassifyAnswer } from '../../../workloads/classify/answer.ts';
import { type AnswerFigure, type AnswerReport, EMPTY_VIEW, type Fact } from '../view.ts';

export const CLASSIFY: AnswerReport<'classify'> = {
  method:
    'images are counted from the rows by what the model took them for, which is the class with the largest value, and of equal ones the first',
  view: (answer) => ({
    ...EMPTY_VIEW,
    facts: factsOf(answer),
    title: 'Classification',
    figures: () => figuresOf(answer),
  }),
};

function factsOf({ classified, labelled, correct, accuracy }: ClassifyAnswer): Fact[] {
  if (accuracy === null) return [{ what: `${count(classified)} images`, rest: 'classified' }];
  const rest = `${count(correct)} of ${count(labelled)} images recognised`;
  return [{ what: `Accuracy ${percent(accuracy)}:`, rest }];
}

function figuresOf({ accuracy, classified, labelled, foreign, correct, correctTop }: ClassifyAnswer) {
  const images = (figure: string, value: number): AnswerFigure => ({ figure, value, unit: 'images' });
  return [
    { figure: 'accuracy', value: accuracy, unit: 'ratio' },
    images('classified', classified),
    images('with a known label', labelled),
    images('with a label of no class', foreign),
    images('recognised', correct),
    images('recognised among the best', correctTop),
  ];
}
