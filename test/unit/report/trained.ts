import { type Summary, summarySchema } from '../../../src/report/summary-schema.ts';
import { clusteredRun } from './clustered.ts';

type Answer = Extract<NonNullable<Summary['answer']>, { kind: 'cnn' }>;

/** A run with stages, whose answer is that of a network: some fields of it in the place of those of a small one. */
export async function trainedRun(changes: Partial<Answer> = {}): Promise<Summary> {
  const summary = await clusteredRun();
  const source = summary.answer?.source;
  if (source === undefined) throw new TypeError('Expected an answer.');
  const answer: Answer = {
    ...{ kind: 'cnn', source, images: 10, learned: 6, labelled: 4, correct: 3, accuracy: 0.75 },
    rounds: [
      { loss: 2.25, train: 0.5, test: 0.25 },
      { loss: 0.125, train: 1, test: 0.75 },
    ],
    values: 'ab'.repeat(32),
    labels: ['cat', '<dog>'],
    confusion: [
      [2, 0],
      [1, 1],
    ],
    wrong: [{ key: 'pets/<1>.png', label: 'cat', truth: '<dog>' }],
    ...changes,
  };
  return summarySchema.parse({ ...summary, answer }) as Summary;
}

/** One that learned in so many rounds, with 5 images of each of these labels, of which one was taken for the next label. */
export function trainedIn(rounds: number, labels: readonly string[], keyOf: (place: number) => string) {
  const next = (place: number) => (place + 1) % labels.length;
  const wrong = labels.map((truth, place) => ({
    key: keyOf(place),
    label: labels[next(place)] ?? '',
    truth,
  }));
  return trainedRun({
    ...{ labelled: 5 * labels.length, correct: 4 * labels.length, accuracy: 0.8, labels: [...labels] },
    rounds: Array.from({ length: rounds }, (_, round) => {
      const left = 1 / (1 + round);
      return { loss: 2.3 * left, train: 1 - 0.5 * left, test: 0.9 - 0.6 * left };
    }),
    confusion: labels.map((_, row) =>
      labels.map((_, column) => (column === row ? 4 : column === next(row) ? 1 : 0)),
    ),
    wrong: wrong.slice(0, 10),
  });
}
