import * as z from 'zod';
import type { MeasuredRow } from '../../contract/row.ts';
import { inLabelOrder } from '../labels/label-order.ts';
import { EXAMPLES } from '../problems.ts';
import type { Answer } from '../workload.ts';
import type { LabelsFile } from './labels-file.ts';
import type { KnnWork } from './params.ts';
import { checkKnnRow } from './row-check.ts';
import type { Neighbour } from './vote.ts';

/** With more labels there is no matrix: it grows with their square. */
export const MATRIX_LABELS = 100;

const wrongSchema = z.object({
  key: z.string(),
  /** What it was taken for, and what it is. */
  label: z.string(),
  truth: z.string(),
  /** The nearest first; `distance` is the square of the Euclidean one. */
  neighbours: z.array(z.object({ key: z.string(), label: z.string(), distance: z.int().nonnegative() })),
});

/** What images were taken for, and how often that is what they are. */
export const knnAnswerSchema = z.object({
  kind: z.literal('knn'),
  /** Images that were classified. */
  asked: z.int().nonnegative(),
  /** Those of which it is known what they are, and those of these that were taken for it. */
  labelled: z.int().nonnegative(),
  correct: z.int().nonnegative(),
  /** correct / labelled; null where none is labelled. */
  accuracy: z.number().min(0).max(1).nullable(),
  /** Of the training set and of the images that were asked, in their order. */
  labels: z.array(z.string()),
  /**
   * How many images of each label (row) were taken for each (column), both in the order of `labels`; null where these are
   * more than 100.
   */
  confusion: z.array(z.array(z.int().nonnegative())).nullable(),
  /** The first in the order of their keys. */
  wrong: z.array(wrongSchema).max(EXAMPLES),
});
export type KnnAnswer = z.infer<typeof knnAnswerSchema>;

/** Compares what images were taken for with what they are. */
export class LabelsOfRows implements Answer<KnnAnswer> {
  readonly folders = [];
  readonly #k: number;
  readonly #known: LabelsFile | null;
  /** How many images of a label were taken for another, or for it. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #wrong: KnnAnswer['wrong'] = [];
  readonly #predicted = new Set<string>();
  #asked = 0;

  /** @param known without it rows are checked by themselves, and no label is right or wrong */
  constructor({ k }: KnnWork, known: LabelsFile | null) {
    this.#k = k;
    this.#known = known;
  }

  check(text: string) {
    return checkKnnRow(text, this.#k, this.#known);
  }

  add({ key, label = '', neighbours = [] }: MeasuredRow): void {
    this.#asked += 1;
    this.#predicted.add(label);
    const truth = this.#truthOf(key);
    if (truth === undefined) return;
    const counts = this.#counts.get(truth) ?? new Map<string, number>();
    this.#counts.set(truth, counts.set(label, (counts.get(label) ?? 0) + 1));
    if (label === truth || this.#wrong.length === EXAMPLES) return;
    this.#wrong.push({ key, label, truth, neighbours: neighbours.map((one) => this.#named(one)) });
  }

  endBatch(): void {}

  finish(): KnnAnswer {
    const labels = inLabelOrder([...(this.#known?.labels ?? []), ...this.#predicted, ...this.#counts.keys()]);
    const countOf = (truth: string, label: string) => this.#counts.get(truth)?.get(label) ?? 0;
    const all = [...this.#counts.values()].flatMap((counts) => [...counts.values()]);
    const labelled = all.reduce((sum, count) => sum + count, 0);
    const correct = [...this.#counts.keys()].reduce((sum, label) => sum + countOf(label, label), 0);
    return {
      ...{ kind: 'knn', asked: this.#asked, labelled, correct },
      accuracy: labelled === 0 ? null : correct / labelled,
      labels,
      confusion:
        labels.length > MATRIX_LABELS
          ? null
          : labels.map((truth) => labels.map((label) => countOf(truth, label))),
      wrong: this.#wrong,
    };
  }

  #truthOf(key: string): string | undefined {
    const { asked } = this.#known ?? {};
    return asked !== undefined && Object.hasOwn(asked, key) ? asked[key] : undefined;
  }

  #named([index, distance]: Neighbour) {
    const { labels, training } = this.#known ?? {};
    const label = labels?.[training?.labelOf[index] ?? 0] ?? '';
    return { key: training?.keys[index] ?? '', label, distance };
  }
}
