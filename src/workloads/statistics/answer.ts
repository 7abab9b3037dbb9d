import * as z from 'zod';
import type { MeasuredRow } from '../../contract/row.ts';
import type { ImageTask } from '../../kernel/image-task.ts';
import { HISTOGRAMS } from '../facts.ts';
import type { ProblemLog } from '../problems.ts';
import type { Answer, AnswerFile } from '../workload.ts';
import { constantsOf, constantsSchema } from './constants.ts';
import { checkHistogram, HistogramSum } from './histogram.ts';
import { OutlierFinder, outliersSchema } from './outliers.ts';
import { checkRow } from './row-check.ts';
import {
  datasetStatistics,
  datasetStatisticsSchema,
  mergeStatistics,
  NO_STATISTICS,
  statisticsOf,
} from './statistics.ts';

/** Of all images that were measured; each part is null where none was. */
export const statisticsAnswerSchema = z.object({
  kind: z.literal('statistics'),
  dataset: datasetStatisticsSchema.nullable(),
  /** Ready to be pasted; null where mean or standard deviation is not known. */
  constants: constantsSchema.nullable(),
  outliers: outliersSchema.nullable(),
});
export type StatisticsAnswer = z.infer<typeof statisticsAnswerSchema>;

/** Statistics of a dataset from the rows of its images, exact; and its histogram, where each batch has one. */
export class StatisticsOfRows implements Answer<StatisticsAnswer> {
  readonly #task: ImageTask;
  readonly #histograms = new HistogramSum();
  readonly #outliers = new OutlierFinder();
  /** Of all batches that have ended, and of the one that has not. */
  #all = NO_STATISTICS;
  #batch = NO_STATISTICS;

  constructor(task: ImageTask) {
    this.#task = task;
  }

  get folders(): readonly string[] {
    return this.#task.operation === 'histogram' ? [HISTOGRAMS] : [];
  }

  check(text: string) {
    return checkRow(text, this.#task);
  }

  add(row: MeasuredRow): void {
    this.#outliers.add(row);
    this.#batch = mergeStatistics(this.#batch, statisticsOf(row));
  }

  endBatch(batch: number, files: readonly AnswerFile[], log: Pick<ProblemLog, 'add'>): void {
    for (const { body } of files) this.#addHistogram(batch, body, log);
    this.#all = mergeStatistics(this.#all, this.#batch);
    this.#batch = NO_STATISTICS;
  }

  finish(): StatisticsAnswer {
    const dataset = datasetStatistics(this.#all, this.#histograms.of(this.#all.pixels));
    const constants = dataset && constantsOf(dataset);
    return { kind: 'statistics', dataset, constants, outliers: this.#outliers.outliers };
  }

  #addHistogram(batch: number, body: Buffer | null, log: Pick<ProblemLog, 'add'>): void {
    if (body === null) {
      log.add('HISTOGRAM_MISSING', String(batch));
      return;
    }
    const { histogram, why } = checkHistogram(body, batch, this.#batch);
    if (histogram === undefined) log.add('HISTOGRAM_INCONSISTENT', `batch ${batch}: ${why}`);
    else this.#histograms.add(histogram);
  }
}
