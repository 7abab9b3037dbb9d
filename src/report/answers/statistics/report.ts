import { type AnswerReport, EMPTY_VIEW } from '../view.ts';
import { datasetSection, outliersSection } from './section.ts';

export const STATISTICS: AnswerReport<'statistics'> = {
  method: 'the statistics are summed from the rows in exact integers',
  view: (answer, summary) => ({
    ...EMPTY_VIEW,
    details: () => [datasetSection(answer, summary), outliersSection(answer)],
  }),
};
