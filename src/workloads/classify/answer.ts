import * as z from 'zod';
import type { MeasuredRow } from '../../contract/row.ts';
import { inLabelOrder } from '../labels/label-order.ts';
import { EXAMPLES } from '../problems.ts';
import type { Answer } from '../workload.ts';
import { CERTAIN, checkClassifyRow } from './row-check.ts';
import { type Truth, truthOf } from './truth-file.ts';

/** With more labels there is no matrix: it grows with their square. */
export const MATRIX_LABELS = 100;
/** Labels of which is told how many images were taken for them. */
export const COUNTED_LABELS = 20;
/** Parts into which the best scores of images are counted. */
export const SCORE_PARTS = 20;

const count = z.int().nonnegative();
const millionths = z.int().min(0).max(CERTAIN);

const exampleSchema = z.object({
  key: z.string(),
  /** What it was taken for, and what it is; null where that is not known. */
  label: z.string(),
  truth: z.string().nullable(),
  /** Millionths of the probability of the best class, and of the best ones, best first. */
  score: millionths,
  scores: z.array(z.object({ label: z.string(), score: millionths })),
});

/** What a model took images for, how sure it was, and how often that is what they are. */
export const classifyAnswerSchema = z.object({
  kind: z.literal('classify'),
  /** Images that were classified. */
  classified: count,
  /** Those of which is known that they are of a class of the model, and those of which is known that they are of none. */
  labelled: count,
  foreign: count,
  /** Of the labelled: those that were taken for what they are, and those of which it is among the best classes of their row. */
  correct: count,
  correctTop: count,
  /** correct / labelled; null where none is labelled. */
  accuracy: z.number().min(0).max(1).nullable(),
  /** That images are or were taken for, in their order. */
  labels: z.array(z.string()),
  /**
   * How many images of each label (row) were taken for each (column), both in the order of `labels`; null where these are
   * more than 100.
   */
  confusion: z.array(z.array(count)).nullable(),
  /** What was taken for what most often, and of equally many in the order of the labels. */
  mistakes: z
    .array(z.object({ truth: z.string(), label: z.string(), images: z.int().positive() }))
    .max(EXAMPLES),
  /** What most images were taken for, and of equally many in the order of the labels. */
  counts: z.array(z.object({ label: z.string(), images: z.int().positive() })).max(COUNTED_LABELS),
  /** Images by their best score: up to a twentieth, and so on; the last one with what is certain. */
  scoreHistogram: z.array(count).length(SCORE_PARTS),
  /** The first in the order of their keys. */
  wrong: z.array(exampleSchema.extend({ truth: z.string() })).max(EXAMPLES),
  /** Those with the lowest best score, and of equal ones the first in the order of their keys. */
  unsure: z.array(exampleSchema).max(EXAMPLES),
});
export type ClassifyAnswer = z.infer<typeof classifyAnswerSchema>;
type Example = ClassifyAnswer['unsure'][number];
type Wrong = ClassifyAnswer['wrong'][number];
type Mistake = ClassifyAnswer['mistakes'][number];

/** What is known beside the rows. */
export interface Known {
  /** Of the classes of the model, in the order of its output; null: rows are checked by themselves. */
  readonly labels: readonly string[] | null;
  /** Null: no label is right or wrong. */
  readonly truth: Truth | null;
}

/** Compares what images were taken for with what they are, and counts how sure the model was. */
export class ClassesOfRows implements Answer<ClassifyAnswer> {
  readonly folders = [];
  readonly #top: number;
  readonly #known: Known;
  readonly #names: ReadonlySet<string>;
  /** How many images were taken for a label; and how many of those that are another, or it. */
  readonly #taken = new Map<string, number>();
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #histogram = Array.from({ length: SCORE_PARTS }, () => 0);
  readonly #wrong: Wrong[] = [];
  readonly #unsure: Example[] = [];
  #foreign = 0;
  #correctTop = 0;

  constructor({ top }: { readonly top: number }, known: Known) {
    this.#top = top;
    this.#known = known;
    this.#names = new Set(known.labels);
  }

  check(text: string) {
    return checkClassifyRow(text, this.#top, this.#known.labels);
  }

  add({ key, label = '', scores = [] }: MeasuredRow): void {
    const truth = this.#known.truth === null ? null : truthOf(this.#known.truth, key);
    const best = scores[0]?.[1] ?? 0;
    const example = (): Example => ({ ...{ key, label, truth, score: best }, scores: this.#named(scores) });
    increase(this.#taken, label);
    const part = Math.min(Math.floor((best * SCORE_PARTS) / CERTAIN), SCORE_PARTS - 1);
    this.#histogram[part] = (this.#histogram[part] ?? 0) + 1;
    this.#addUnsure(best, example);
    if (truth === null) return;
    if (!this.#names.has(truth)) {
      this.#foreign += 1;
      return;
    }
    const counts = this.#counts.get(truth) ?? new Map<string, number>();
    increase(counts, label);
    this.#counts.set(truth, counts);
    if (scores.some(([index]) => this.#nameOf(index) === truth)) this.#correctTop += 1;
    if (label !== truth && this.#wrong.length < EXAMPLES) this.#wrong.push({ ...example(), truth });
  }

  endBatch(): void {}

  finish(): ClassifyAnswer {
    const labels = inLabelOrder([...this.#taken.keys(), ...this.#counts.keys()]);
    const countOf = (truth: string, label: string) => this.#counts.get(truth)?.get(label) ?? 0;
    const labelled = sum([...this.#counts.values()].flatMap((counts) => [...counts.values()]));
    const correct = sum([...this.#counts.keys()].map((label) => countOf(label, label)));
    return {
      ...{ kind: 'classify', classified: sum([...this.#taken.values()]), labelled, foreign: this.#foreign },
      ...{ correct, correctTop: this.#correctTop, accuracy: labelled === 0 ? null : correct / labelled },
      labels,
      confusion:
        labels.length > MATRIX_LABELS
          ? null
          : labels.map((truth) => labels.map((label) => countOf(truth, label))),
      mistakes: this.#mistakes(labels),
      counts: this.#mostTaken(labels),
      scoreHistogram: this.#histogram,
      wrong: this.#wrong,
      unsure: this.#unsure,
    };
  }

  /** Rows come in the order of their keys: of those that are as sure, the ones that are there stay before it. */
  #addUnsure(score: number, example: () => Example): void {
    const all = this.#unsure;
    if (all.length === EXAMPLES && score >= (all.at(-1)?.score ?? 0)) return;
    const place = all.findIndex((other) => other.score > score);
    all.splice(place < 0 ? all.length : place, 0, example());
    if (all.length > EXAMPLES) all.pop();
  }

  #mistakes(labels: readonly string[]): Mistake[] {
    const places = placesOf(labels);
    return [...this.#counts]
      .flatMap(([truth, counts]) => Array.from(counts, ([label, images]) => ({ truth, label, images })))
      .filter(({ truth, label }) => truth !== label)
      .sort(
        (a, b) =>
          b.images - a.images || places(a.truth) - places(b.truth) || places(a.label) - places(b.label),
      )
      .slice(0, EXAMPLES);
  }

  #mostTaken(labels: readonly string[]): ClassifyAnswer['counts'] {
    const places = placesOf(labels);
    return Array.from(this.#taken, ([label, images]) => ({ label, images }))
      .sort((a, b) => b.images - a.images || places(a.label) - places(b.label))
      .slice(0, COUNTED_LABELS);
  }

  #named(scores: NonNullable<MeasuredRow['scores']>): Example['scores'] {
    return scores.map(([index, score]) => ({ label: this.#nameOf(index), score }));
  }

  #nameOf(index: number): string {
    return this.#known.labels?.[index] ?? String(index);
  }
}

function increase(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function placesOf(labels: readonly string[]): (label: string) => number {
  const places = new Map(labels.map((label, place) => [label, place]));
  return (label) => places.get(label) ?? 0;
}
