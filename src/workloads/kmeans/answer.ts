import * as z from 'zod';
import type { MeasuredRow } from '../../contract/row.ts';
import type { Centre } from '../../kernel/centres.ts';
import { inLabelOrder } from '../labels/label-order.ts';
import type { ProblemLog } from '../problems.ts';
import type { Answer } from '../workload.ts';
import { agreementOf } from './agreement.ts';
import type { KmeansWork } from './params.ts';
import { checkKmeansRow, type Size } from './row-check.ts';
import { centresText, inertiaIn, readState, type State } from './state.ts';

/** Labels that are told of each cluster. */
export const CLUSTER_LABELS = 5;
/** Values of centres that are told: of more the outcome of the last stage has them. */
export const CENTRE_VALUES = 65_536;

const clusterSchema = z.object({
  /** Images. */
  size: z.int().nonnegative(),
  /** Those of its labels that most images have, the most frequent first; of as many images the first in the order of labels. */
  labels: z.array(z.object({ label: z.string(), images: z.int().positive() })).max(CLUSTER_LABELS),
  /** The first of these; null where no image is labelled. */
  majority: z.string().nullable(),
});

/** Which images belong together. */
export const kmeansAnswerSchema = z.object({
  kind: z.literal('kmeans'),
  /** Images that were assigned to a cluster. */
  images: z.int().nonnegative(),
  k: z.int().positive(),
  /** Stages: how often all images were assigned. */
  iterations: z.int().nonnegative(),
  /** Whether no centre changed in the last one. */
  converged: z.boolean(),
  /** Of each iteration the sum of the squared distances of the images to the centres that it began with, with 6 decimals. */
  inertia: z.array(z.string().regex(/^\d+\.\d{6}$/)),
  /** As the last iteration assigned the images. */
  clusters: z.array(clusterSchema),
  /** Null where no image is labelled. */
  agreement: z
    .object({
      labelled: z.int().positive(),
      /** The part of these that have the label which most of their cluster have. */
      purity: z.number().min(0).max(1),
      adjustedRandIndex: z.number().min(-1).max(1),
    })
    .nullable(),
  /**
   * The means of the images of each cluster, rounded: R, G and B of each pixel, row by row, as base64. That of an empty one is the
   * centre that it keeps. Null where they have more than 65,536 values, or there are none.
   */
  centres: z
    .object({ width: z.int().positive(), height: z.int().positive(), pixels: z.array(z.string()) })
    .nullable(),
  /** Clusters without images. */
  empty: z.array(z.int().nonnegative()),
});
export type KmeansAnswer = z.infer<typeof kmeansAnswerSchema>;

/** What the answer is to know beside rows and outcomes. */
export interface KmeansKnown {
  /** The state of the first stage. */
  readonly start: Buffer | null;
  /** Of images by their keys. */
  readonly labels: Readonly<Record<string, string>> | null;
}

/** Counts the images of the clusters, and the labels that they have. */
export class ClustersOfRows implements Answer<KmeansAnswer> {
  readonly folders = [];
  readonly #work: KmeansWork;
  readonly #labels: KmeansKnown['labels'];
  readonly #inertia: string[] = [];
  readonly #sizes: number[];
  readonly #contingency: Map<string, number>[];
  /** The state that the last stage left, and the one before. */
  #last: Buffer | null;
  #before: Buffer | null = null;
  #size: Size | null | undefined;

  /** @param known without its parts rows are checked as far as they tell, and nothing is compared with labels */
  constructor(work: KmeansWork, { start, labels }: KmeansKnown) {
    this.#work = work;
    this.#labels = labels;
    this.#last = start;
    this.#sizes = new Array<number>(work.k).fill(0);
    this.#contingency = Array.from({ length: work.k }, () => new Map<string, number>());
  }

  addOutcome(outcome: Buffer): void {
    this.#inertia.push(inertiaIn(outcome));
    this.#before = this.#last;
    this.#last = outcome;
    this.#size = undefined;
  }

  check(text: string) {
    this.#size ??= this.#last === null ? null : readState(this.#last);
    return checkKmeansRow(text, this.#work.k, this.#size);
  }

  add({ key, label = '' }: MeasuredRow): void {
    const cluster = Number(label);
    this.#sizes[cluster] = (this.#sizes[cluster] ?? 0) + 1;
    const labels = this.#contingency[cluster];
    if (labels === undefined || this.#labels === null || !Object.hasOwn(this.#labels, key)) return;
    const own = this.#labels[key] ?? '';
    labels.set(own, (labels.get(own) ?? 0) + 1);
  }

  endBatch(): void {}

  finish(log: Pick<ProblemLog, 'add'>): KmeansAnswer {
    const state = this.#last === null ? null : readState(this.#last);
    for (const [cluster, size] of (state?.sizes ?? []).entries()) {
      const own = this.#sizes[cluster] ?? 0;
      if (own !== size)
        log.add('OUTCOME_INCONSISTENT', `cluster ${cluster}: ${size} images, but ${own} rows`);
    }
    const iterations = this.#inertia.length;
    const places = new Map(
      inLabelOrder(this.#contingency.flatMap((labels) => [...labels.keys()])).map((label, n) => [label, n]),
    );
    return {
      ...{ kind: 'kmeans', images: this.#sizes.reduce((sum, size) => sum + size, 0), k: this.#work.k },
      iterations,
      converged: iterations > 0 && this.#isUnchanged(),
      inertia: this.#inertia,
      clusters: this.#sizes.map((size, cluster) => {
        const labels = mostFrequent(this.#contingency[cluster] ?? new Map(), places);
        return { size, labels, majority: labels[0]?.label ?? null };
      }),
      agreement: agreementOf(this.#contingency),
      centres: state === null ? null : roundedCentres(state),
      empty: this.#sizes.flatMap((size, cluster) => (size === 0 ? [cluster] : [])),
    };
  }

  #isUnchanged(): boolean {
    const [last, before] = [this.#last, this.#before];
    return last !== null && before !== null && centresText(last).equals(centresText(before));
  }
}

function mostFrequent(labels: ReadonlyMap<string, number>, places: ReadonlyMap<string, number>) {
  const placeOf = (label: string) => places.get(label) ?? 0;
  return [...labels]
    .sort(([a, ofA], [b, ofB]) => ofB - ofA || placeOf(a) - placeOf(b))
    .slice(0, CLUSTER_LABELS)
    .map(([label, images]) => ({ label, images }));
}

function roundedCentres({ width, height, centres }: State): KmeansAnswer['centres'] {
  if (centres.length * width * height * 3 > CENTRE_VALUES) return null;
  return { width, height, pixels: centres.map((centre) => rounded(centre).toString('base64')) };
}

/** Half up; exact, since no numerator reaches 2^53 and no quotient 2^8. */
function rounded({ count, sum }: Centre): Buffer {
  return Buffer.from(sum.map((value) => Math.floor((2 * value + count) / (2 * count))));
}
