import { beforeAll, describe, expect, it } from 'vitest';
import { renderCsv } from '../../../../../src/report/csv.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { renderMarkdown } from '../../../../../src/report/markdown.ts';
import { type Summary, summarySchema } from '../../../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../../../src/report/terminal.ts';
import { clusteredRun } from '../../clustered.ts';

type Answer = Extract<NonNullable<Summary['answer']>, { kind: 'cnn' }>;

let summary: Summary;

/** A run with stages, whose answer is that of a network. */
beforeAll(async () => {
  summary = await clusteredRun();
});

function withAnswer(changes: Partial<Answer> = {}): Summary {
  const source = summary.answer?.source ?? expect.fail('no answer');
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

describe('the report of a network', () => {
  it('says in all forms how many images were recognised, of which nothing was learned', () => {
    const run = withAnswer();
    for (const render of [renderHtml, renderTerminal, renderMarkdown]) {
      const text = render(run)
        .replace(/<[^>]*>/g, '')
        .replace(/\s+/g, ' ');
      expect(text).toMatch(/Accuracy 75.*3 of 4 images recognised, learned from 6 images in 2 rounds/);
    }
  });

  it('draws loss and accuracy by round, and escapes what users have named', () => {
    const page = renderHtml(withAnswer());
    for (const words of [
      'Loss by round',
      'Accuracy by round',
      'round 2, others: 75',
      'round 1: 2.25',
      'ab'.repeat(32),
    ])
      expect(page).toContain(words);
    expect(page).not.toContain('<dog>');
    expect(page).not.toContain('<1>');
    expect(renderHtml(withAnswer({ rounds: [{ loss: 1, train: 1, test: 1 }] }))).not.toContain(
      'Loss by round',
    );
  });

  it('has the figures of each round in the CSV', () => {
    const lines = renderCsv(withAnswer()).split('\n');
    for (const words of [
      'loss of round 2',
      'accuracy after round 1',
      'SHA-256 of the values',
      'taken for cat: <dog>',
    ])
      expect(
        lines.filter((line) => line.includes(words)),
        words,
      ).toHaveLength(1);
  });

  it('knows no accuracy where no label is known', () => {
    const run = withAnswer({
      labelled: 0,
      correct: 0,
      accuracy: null,
      confusion: [
        [0, 0],
        [0, 0],
      ],
      wrong: [],
    });
    expect(renderTerminal(run)).toContain('Accuracy not known: learned from 6 images in 2 rounds.');
    expect(renderHtml(run)).toContain('Accuracy not known');
  });
});
