import * as z from 'zod';

/** What can be wrong with the files of an arm. All but the last three make the arm's answer not valid. */
export const PROBLEMS = {
  BATCH_MISSING: 'no result file for the batch',
  KEY_LOST: 'a key of the manifest has no row',
  KEY_DOUBLED: 'a key has more than one row in its batch',
  KEY_FOREIGN: 'a row whose key is not in its batch',
  KEY_OUT_OF_ORDER: 'a row that is not in key order',
  FILE_FOREIGN: 'a result file that belongs to no batch of the manifest',
  ROW_MALFORMED: 'a line that is no row of this workload in its one text form',
  ROW_INCONSISTENT: 'a row whose figures contradict each other',
  HISTOGRAM_MISSING: 'no histogram file for the batch',
  HISTOGRAM_INCONSISTENT: 'a histogram file that is none of this batch, or differs from its rows',
  EMBEDDINGS_MISSING: 'no file with the embeddings of the batch',
  EMBEDDINGS_INCONSISTENT: 'a file with embeddings that is none of this batch, or differs from its rows',
  STAGE_MISSING: 'the stages do not go on to their end: start the run again with `--resume`',
  OUTCOME_DAMAGED: 'what a stage came to is not there, or not as it was written',
  OUTCOME_INCONSISTENT: 'what the last stage came to differs from its rows',
  ALL_REFUSED: 'S3 refused every image, so there is no answer: give the arm the right that the failures name',
  SPAN_MISSING: 'no span file for the batch: its time counts as overhead',
  SPAN_INVALID: 'a span file that is no span of this batch: its time counts as overhead',
  SEEN_INVALID: 'a file that should say when the state machine or the head saw the batches cannot be read',
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

const TIMING_ONLY: ReadonlySet<string> = new Set(['SPAN_MISSING', 'SPAN_INVALID', 'SEEN_INVALID']);

/** How many examples are kept of each problem and of each kind of failed image. */
export const EXAMPLES = 20;

export const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  count: z.int().positive(),
  examples: z.array(z.string()).max(EXAMPLES),
});
export type Problem = z.infer<typeof problemSchema>;

/** Counts problems and keeps the first examples of each. */
export class ProblemLog {
  readonly #found = new Map<ProblemCode, { count: number; examples: string[] }>();

  add(code: ProblemCode, example: string): void {
    const entry = this.#found.get(code) ?? { count: 0, examples: [] };
    entry.count += 1;
    if (entry.examples.length < EXAMPLES) entry.examples.push(shorten(example));
    this.#found.set(code, entry);
  }

  /** Whether the answer can be trusted; problems of times touch only the timing. */
  get valid(): boolean {
    return [...this.#found.keys()].every((code) => TIMING_ONLY.has(code));
  }

  list(): Problem[] {
    return [...this.#found].map(([code, entry]) => ({ code, message: PROBLEMS[code], ...entry }));
  }
}

function shorten(example: string): string {
  return example.length > 1100 ? `${example.slice(0, 1100)}…` : example;
}
