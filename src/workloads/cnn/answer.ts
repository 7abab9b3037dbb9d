import { hash } from 'node:crypto';
import * as z from 'zod';
import type { MeasuredRow } from '../../contract/row.ts';
import { EXAMPLES, type ProblemLog } from '../problems.ts';
import type { Answer } from '../workload.ts';
import { checkCnnRow } from './row-check.ts';
import { type Found, foundIn } from './state.ts';
import { placeOf, type Truth } from './truth-file.ts';

const part = z.number().min(0).max(1).nullable();

/** What was learnt, and how well. */
export const cnnAnswerSchema = z.object({
  kind: z.literal('cnn'),
  /** Images that were taken for something in the end, and of these those that were learned from. */
  images: z.int().nonnegative(),
  learned: z.int().nonnegative(),
  /** Those of which nothing was learned, and it is known what they are; and those of these that were recognised in the end. */
  labelled: z.int().nonnegative(),
  correct: z.int().nonnegative(),
  /** correct / labelled; null where none is labelled. */
  accuracy: part,
  /** The mean loss of the steps of each round, and what was recognised after it of the images that are learned from and of the others. */
  rounds: z.array(z.object({ loss: z.number().nonnegative().nullable(), train: part, test: part })),
  /** SHA-256 of the values in the end: little-endian float32, as base64; null where there are none. */
  values: z.string().nullable(),
  /** The classes, in their order. */
  labels: z.array(z.string()),
  /** How many labelled images of each class (row) were taken for each (column). */
  confusion: z.array(z.array(z.int().nonnegative())),
  /** The first in the order of their keys. */
  wrong: z.array(z.object({ key: z.string(), label: z.string(), truth: z.string() })).max(EXAMPLES),
});
export type CnnAnswer = z.infer<typeof cnnAnswerSchema>;

/** Compares what images were taken for in the end with what they are, and lists what each round came to. */
export class CnnOfRows implements Answer<CnnAnswer> {
  readonly folders = [];
  readonly #truth: Truth | null;
  readonly #found: Found[] = [];
  readonly #confusion: number[][];
  readonly #wrong: CnnAnswer['wrong'] = [];
  #values: string | null = null;
  #images = 0;
  #learned = 0;
  #right = 0;

  /** @param truth without it rows are checked by themselves, and no label is right or wrong */
  constructor(truth: Truth | null) {
    this.#truth = truth;
    const classes = truth?.classes ?? [];
    this.#confusion = classes.map(() => classes.map(() => 0));
  }

  addOutcome(outcome: Buffer): void {
    const { found, values } = foundIn(outcome);
    if (found !== null) this.#found.push(found);
    this.#values = hash('sha256', values, 'hex');
  }

  check(text: string) {
    return checkCnnRow(text, this.#truth?.classes ?? null);
  }

  add({ key, label = '' }: MeasuredRow): void {
    this.#images += 1;
    if (this.#truth === null) return;
    const { classes, train, test } = this.#truth;
    const learned = placeOf(train, key);
    if (learned !== null) {
      this.#learned += 1;
      this.#right += label === classes[learned] ? 1 : 0;
    }
    const place = placeOf(test, key);
    const row = place === null ? undefined : this.#confusion[place];
    if (place === null || row === undefined) return;
    const column = classes.indexOf(label);
    row[column] = (row[column] ?? 0) + 1;
    if (column === place || this.#wrong.length === EXAMPLES) return;
    this.#wrong.push({ key, label, truth: classes[place] ?? '' });
  }

  endBatch(): void {}

  finish(log: Pick<ProblemLog, 'add'>): CnnAnswer {
    const labelled = this.#confusion.flat().reduce((sum, images) => sum + images, 0);
    const correct = this.#confusion.reduce((sum, row, place) => sum + (row[place] ?? 0), 0);
    const last = this.#found.at(-1);
    const rows = `${this.#right} of ${this.#learned} and ${correct} of ${labelled}`;
    const told = last && `${last.train.join(' of ')} and ${last.test.join(' of ')}`;
    if (this.#truth !== null && told !== undefined && told !== rows)
      log.add('OUTCOME_INCONSISTENT', `${told} images recognised in the last stage, but ${rows} by its rows`);
    return {
      ...{ kind: 'cnn', images: this.#images, learned: this.#learned, labelled, correct },
      accuracy: partOf([correct, labelled]),
      rounds: this.#found.slice(0, -1).map(({ loss }, round) => {
        const after = this.#found[round + 1];
        return {
          loss: loss === null ? null : loss / 1e6,
          train: after === undefined ? null : partOf(after.train),
          test: after === undefined ? null : partOf(after.test),
        };
      }),
      values: this.#values,
      labels: [...(this.#truth?.classes ?? [])],
      confusion: this.#confusion,
      wrong: this.#wrong,
    };
  }
}

function partOf([right, images]: readonly [number, number]): number | null {
  return images === 0 ? null : right / images;
}
