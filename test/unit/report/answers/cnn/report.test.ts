import { describe, expect, it } from 'vitest';
import { renderCsv } from '../../../../../src/report/csv.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { renderMarkdown } from '../../../../../src/report/markdown.ts';
import { renderTerminal } from '../../../../../src/report/terminal.ts';
import { trainedRun } from '../../trained.ts';

describe('the report of a network', () => {
  it('says in all forms how many images were recognised, of which nothing was learned', async () => {
    const run = await trainedRun();
    for (const render of [renderHtml, renderTerminal, renderMarkdown]) {
      const text = render(run)
        .replace(/<[^>]*>/g, '')
        .replace(/\s+/g, ' ');
      expect(text).toMatch(/Accuracy 75.*3 of 4 images recognised, learned from 6 images in 2 rounds/);
    }
  });

  it('draws loss and accuracy by round, and escapes what users have named', async () => {
    const page = renderHtml(await trainedRun());
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
    expect(renderHtml(await trainedRun({ rounds: [{ loss: 1, train: 1, test: 1 }] }))).not.toContain(
      'Loss by round',
    );
  });

  it('has the figures of each round in the CSV', async () => {
    const lines = renderCsv(await trainedRun()).split('\n');
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

  it('knows no accuracy where no label is known', async () => {
    const run = await trainedRun({
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
