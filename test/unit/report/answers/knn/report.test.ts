import { beforeAll, describe, expect, it } from 'vitest';
import { renderCsv } from '../../../../../src/report/csv.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { renderMarkdown } from '../../../../../src/report/markdown.ts';
import { buildSummary } from '../../../../../src/report/summary.ts';
import type { Summary } from '../../../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../../../src/report/terminal.ts';
import { type ClassifiedRun, classifiedRun, HOSTILE_LABELS } from '../../classified.ts';
import { sampleInput } from '../../sample.ts';

type Answer = Extract<Summary['answer'], { kind: 'knn' }>;

let run: ClassifiedRun;
let page: string;

beforeAll(async () => {
  run = await classifiedRun();
  page = renderHtml(run.summary);
});

/** Of 30 images: of "a" 8 of 10 are recognised, of "b" 15 of 20, and of "c" there is none. */
const SMALL = {
  asked: 30,
  labelled: 30,
  correct: 23,
  accuracy: 23 / 30,
  labels: ['a', 'b', 'c'],
  confusion: [
    [8, 2, 0],
    [4, 15, 1],
    [0, 0, 0],
  ],
  wrong: [],
};

function withAnswer(answer: Partial<Answer>): Summary {
  return { ...run.summary, answer: { ...(run.summary.answer as Answer), ...answer } };
}

describe('the report of a classification', () => {
  it('says in every form how many images were recognised', () => {
    const said = 'Accuracy 98.8 %: 494 of 500 images recognised';
    expect(page.replaceAll(/<\/?b>/g, '')).toContain(`<li class="">${said}</li>`);
    expect(renderTerminal(run.summary)).toContain(said);
    expect(renderMarkdown(run.summary)).toContain(said);
    expect(renderCsv(run.summary)).toContain('Classification,accuracy,serverless,0,0.988,ratio\n');
  });

  it('has recall and precision of each label, and of no image neither', () => {
    const summary = withAnswer(SMALL);
    const [a, b, c] = [
      ['a', '10', '8', '80.0 %', '12', '66.7 %'],
      ['b', '20', '15', '75.0 %', '17', '88.2 %'],
      ['c', '0', '0', '–', '1', '0.0 %'],
    ];
    expect(tableRows(renderHtml(summary))).toEqual(expect.arrayContaining([a, b, c]));
    for (const row of [a, b, c]) expect(renderMarkdown(summary)).toContain(`| ${row?.join(' | ')} |`);
    const terminal = renderTerminal(summary).split('\n');
    const lines = terminal.map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual(['b', '4', '15', '1', '75.0 %', '88.2 %']);
    expect(terminal).toContain('b taken for a: 4; a taken for b: 2; b taken for c: 1');
    const csv = renderCsv(summary).split('\n');
    expect(csv).toContain('Classification,recall of b,serverless,0,0.75,ratio');
    expect(csv).toContain('Classification,recall of c,serverless,0,,ratio');
    expect(csv).toContain('Classification,taken for a: b,serverless,0,4,images');
  });

  it('draws the matrix with what it says in words, and has its numbers as a table', () => {
    const small = renderHtml(withAnswer(SMALL));
    expect(small).toContain('<title>b taken for a: 4 of 20 images, 20.0 %</title>');
    expect(small.match(/<rect class="right"/g)).toHaveLength(2);
    expect(small.match(/<rect class="wrong"/g)).toHaveLength(3);
    expect(small).toContain(
      'The most frequent mistakes: b taken for a: 4; a taken for b: 2; b taken for c: 1.',
    );
    expect(tableRows(small)).toEqual(expect.arrayContaining([['b', '4', '15', '1']]));
  });

  it('writes all numbers on the matrix or none: on a wide screen alone, or nowhere', () => {
    const numbers = (cells: number, images: number) => {
      const labels = Array.from({ length: cells }, (_, i) => `label ${i}`);
      const confusion = labels.map((_, row) => labels.map((__, column) => (row === column ? images : 0)));
      const html = renderHtml(withAnswer({ ...SMALL, labels, confusion }));
      return [...html.matchAll(/<text class="(cell[^"]*)"/g)].map(([, kind]) => kind);
    };
    expect(numbers(10, 100)).toEqual(Array(10).fill('cell'));
    expect(numbers(20, 100)).toEqual(Array(20).fill('cell on-screen'));
    expect(numbers(20, 1000)).toEqual([]);
  });

  it('names the most frequent mistakes where there are too many labels to be drawn', () => {
    const labels = Array.from({ length: 60 }, (_, i) => `label ${i}`);
    const confusion = labels.map((_, row) =>
      labels.map((__, column) => (row === column ? 5 : column === 0 ? row : 0)),
    );
    const many = renderHtml(withAnswer({ ...SMALL, labels, confusion }));
    expect(many).not.toContain('id="confusion-t"');
    expect(tableRows(many)).toEqual(expect.arrayContaining([['label 59', 'label 0', '59']]));
    expect(many).toContain('39 other kinds of mistakes: summary.json has all.');
    expect(many).toContain('Those with the lowest recall; 10 labels more');
  });

  it('does without a matrix', () => {
    const none = withAnswer({ ...SMALL, confusion: null });
    expect(renderHtml(none)).toContain('For the 3 labels there is no confusion matrix.');
    expect(renderTerminal(none)).toContain('Accuracy 76.7 %: 23 of 30 images recognised.');
    expect(renderMarkdown(none)).not.toContain('<summary>Labels</summary>');
  });

  it('says what is not known', () => {
    const half = { ...SMALL, asked: 31 };
    const sentence = '1 image of 31 had no known label to compare with, and does not count.';
    for (const text of [renderHtml, renderTerminal, renderMarkdown].map((render) =>
      render(withAnswer(half)),
    )) {
      expect(text.replaceAll('\n', ' ')).toContain(sentence);
    }
    const confusion = SMALL.labels.map((_, __, all) => all.map(() => 0));
    const unknown = withAnswer({ ...SMALL, labelled: 0, correct: 0, accuracy: null, confusion });
    expect(renderHtml(unknown)).toContain('Accuracy not known:');
    expect(renderHtml(unknown)).not.toContain('id="confusion-t"');
    expect(renderTerminal(unknown)).toContain('Accuracy not known.');
  });

  it('warns where the answer of its arm is not complete', async () => {
    const incomplete = {
      ...run.summary,
      rounds: run.summary.rounds.map(({ round, arms }) => ({
        round,
        arms: arms.map((arm) => ({ ...arm, valid: false })),
      })),
    };
    expect(renderHtml(incomplete)).toContain('neither are these figures');
    expect(page).not.toContain('neither are these figures');
  });

  it('has nothing of statistics', () => {
    for (const other of ['Dataset statistics', 'Outliers', 'the statistics are summed']) {
      expect(page).not.toContain(other);
    }
    expect(page).toContain('the square of the Euclidean distance');
  });

  it('does not advise the depth that it has not', async () => {
    const input = await sampleInput({ images: 10 });
    const arms = input.arms.map((arm) => ({
      ...arm,
      aggregate: arm.aggregate && { ...arm.aggregate, droppedBits: 4 },
    }));
    const { workload } = run.summary.request;
    const { remarks } = buildSummary({ ...input, arms, run: { ...input.run, workload } });
    expect(remarks).toContain('4 images have 16 bits; the low 8 were dropped.');
    expect(buildSummary({ ...input, arms }).remarks).toContain(
      '4 images have 16 bits; the low 8 were dropped: `--depth native` keeps them.',
    );
  });
});

it('labels that would be markup, formulas or control characters are only text', async () => {
  const { summary } = await classifiedRun({ labels: HOSTILE_LABELS, hostileKeys: true });
  const hostile = renderHtml(summary);
  expect(hostile).not.toMatch(/<script|<img|<b>bold/);
  const markdown = renderMarkdown(summary)
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const cells = markdown.map((line) => line.replaceAll('\\|', '').split('|').length);
  expect(new Set(cells)).toEqual(new Set([6, 8, 5]));
  expect(renderMarkdown(summary)).not.toMatch(/<script|<img/);
  expect(renderCsv(summary)).toContain('"recall of a,""b"""');
  const lines = renderTerminal(summary).split('\n');
  expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(100);
});

/** The cells of each row of each table, without markup. */
function tableRows(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell.replaceAll(/<[^>]*>/g, '')),
  );
}
