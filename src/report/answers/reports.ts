import { answerKindOf } from '../../workloads/answers.ts';
import type { Summary } from '../summary-schema.ts';
import { CLASSIFY } from './classify/report.ts';
import { CNN } from './cnn/report.ts';
import { EMBED } from './embed/report.ts';
import { KMEANS } from './kmeans/report.ts';
import { KNN } from './knn/report.ts';
import { STATISTICS } from './statistics/report.ts';
import { type AnswerKind, type AnswerOf, type AnswerReport, type AnswerView, EMPTY_VIEW } from './view.ts';

type Reports = { readonly [K in AnswerKind]: AnswerReport<K> };

const REPORTS: Reports = {
  statistics: STATISTICS,
  knn: KNN,
  kmeans: KMEANS,
  classify: CLASSIFY,
  cnn: CNN,
  embed: EMBED,
};

/** What the answer of a run looks like; empty where nothing was read. */
export function answerView(summary: Summary): AnswerView {
  return summary.answer === null ? EMPTY_VIEW : viewOf(summary.answer, summary);
}

/** How the answer of a run comes from its rows, also where there is none: a part of a sentence. */
export function answerMethod({ workload }: Summary['request']): string {
  return REPORTS[answerKindOf(workload)].method;
}

function viewOf<K extends AnswerKind>(answer: AnswerOf<K>, summary: Summary): AnswerView {
  return REPORTS[answer.kind].view(answer, summary);
}
