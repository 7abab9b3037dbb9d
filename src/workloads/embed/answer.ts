import * as z from 'zod';
import type { MeasuredRow } from '../../contract/row.ts';
import { FanfleetError } from '../../errors.ts';
import type { ProblemLog } from '../problems.ts';
import type { Answer, AnswerFile } from '../workload.ts';
import { embeddingHash } from './embedded-row.ts';
import type { Embedder } from './embedder-file.ts';
import { EMBEDDINGS } from './params.ts';
import { checkEmbedRow } from './row-check.ts';
import { readVectors, vectorsBytes } from './vectors-file.ts';

const count = z.int().nonnegative();

/** How many images have an embedding, of what, and within which bounds. */
export const embedAnswerSchema = z.object({
  kind: z.literal('embed'),
  /** Images that have an embedding. */
  embedded: count,
  /** Those whose embedding is 0 throughout, which has no direction. */
  zeros: count,
  /** Numbers of an embedding; null where the model is not known. */
  length: z.int().positive().nullable(),
  /** The value of the model that the embedding is, and the SHA-256 of the model; null where it is not known. */
  layer: z.string().nullable(),
  model: z.string().nullable(),
  /** Of all numbers of all embeddings, as float32 has them; null where there are none. */
  least: z.number().nullable(),
  greatest: z.number().nullable(),
});
export type EmbedAnswer = z.infer<typeof embedAnswerSchema>;

/** Holds rows against the embeddings of their batch, and counts these. */
export class EmbeddingsOfRows implements Answer<EmbedAnswer> {
  readonly folders = [EMBEDDINGS];
  readonly #embedder: Embedder | null;
  /** Of the batch that has not ended: what its rows say of their embeddings. */
  #hashes: string[] = [];
  #embedded = 0;
  #zeros = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  /** @param embedder null: rows are checked by themselves, and files are not read */
  constructor(embedder: Embedder | null) {
    this.#embedder = embedder;
  }

  fileBytes(items: number): number {
    return vectorsBytes(this.#embedder?.length ?? 0, items);
  }

  check(text: string) {
    return checkEmbedRow(text);
  }

  add({ embedding = '' }: MeasuredRow): void {
    this.#embedded += 1;
    this.#hashes.push(embedding);
  }

  endBatch(batch: number, files: readonly AnswerFile[], log: Pick<ProblemLog, 'add'>): void {
    const hashes = this.#hashes;
    this.#hashes = [];
    for (const { body } of files) {
      if (body === null) log.add('EMBEDDINGS_MISSING', String(batch));
      else if (this.#embedder !== null) {
        const why = this.#addVectors(body, hashes, this.#embedder.length);
        if (why !== null) log.add('EMBEDDINGS_INCONSISTENT', `batch ${batch}: ${why}`);
      }
    }
  }

  finish(): EmbedAnswer {
    const embedder = this.#embedder;
    const hasNumbers = this.#least <= this.#greatest;
    return {
      ...{ kind: 'embed', embedded: this.#embedded, zeros: this.#zeros },
      ...{
        length: embedder?.length ?? null,
        layer: embedder?.layer ?? null,
        model: embedder?.sha256 ?? null,
      },
      least: hasNumbers ? this.#least : null,
      greatest: hasNumbers ? this.#greatest : null,
    };
  }

  /** @returns what is wrong with the file, of which nothing counts then; null where nothing is */
  #addVectors(body: Buffer, hashes: readonly string[], length: number): string | null {
    let vectors: readonly Float32Array[];
    try {
      vectors = readVectors(body, length, hashes.length);
    } catch (reason) {
      return FanfleetError.from(reason).message.replace('[INVALID_INPUT] ', '');
    }
    const other = vectors.findIndex((vector, at) => embeddingHash(vector) !== hashes[at]);
    if (other >= 0) return `embedding ${other + 1} is not that of its row, ${hashes[other]}`;
    for (const vector of vectors) this.#addVector(vector);
    return null;
  }

  #addVector(vector: Float32Array): void {
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of vector) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    if (least === 0 && greatest === 0) this.#zeros += 1;
    // -0 is 0.
    this.#least = Math.min(this.#least, least + 0);
    this.#greatest = Math.max(this.#greatest, greatest + 0);
  }
}
