import { beforeAll, describe, expect, it } from 'vitest';
import { answerView } from '../../../../../src/report/answers/reports.ts';
import { renderCsv } from '../../../../../src/report/csv.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { renderMarkdown } from '../../../../../src/report/markdown.ts';
import { type Summary, summarySchema } from '../../../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../../../src/report/terminal.ts';
import { HOSTILE_LABELS } from '../../classified.ts';
import { type ScoredRun, scoredRun } from '../../scored.ts';

type Answer = Extract<Summary['answer'], { kind: 'classify' }>;

let run: ScoredRun;
let page: string;

beforeAll(async () => {
  run = await scoredRun();
  page = renderHtml(run.summary, await imagesOf(run));
});

function imagesOf({ summary, images }: ScoredRun) {
  return answerView(summary).readImages({ runs: images, images });
}

function withAnswer(answer: Partial<Answer>): Summary {
  return { ...run.summary, answer: { ...(run.summary.answer as Answer), ...answer } };
}

/** Its lines as one, without markup. */
const said = (text: string) => text.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');

describe('the report of a classification by a model', () => {
  it('says in every form how many images were recognised, and how sure the model was', () => {
    const { labelled, correct, correctTop, scoreHistogram } = run.summary.answer as Answer;
    const part = (of: number) => ((100 * of) / labelled).toFixed(1);
    const sentences = [
      `Accuracy ${part(correct)} %: ${correct} of 500 images recognised`,
      `Top-5 accuracy ${part(correctTop)} %: the label of ${correctTop} of 500 images is among the best 5`,
      `The best score is 95 to 100 % of ${scoreHistogram.at(-1)} images`,
    ];
    for (const text of [page, renderTerminal(run.summary), renderMarkdown(run.summary)].map(said)) {
      for (const sentence of sentences) expect(text).toContain(sentence);
    }
    const csv = renderCsv(run.summary).split('\n');
    expect(csv).toContain(`Classification,accuracy,serverless,0,${correct / labelled},ratio`);
    expect(csv).toContain(`Classification,recognised among the best 5,serverless,0,${correctTop},images`);
    expect(csv).toContain(
      `Classification,best score 95 to 100 %,serverless,0,${scoreHistogram.at(-1)},images`,
    );
    expect(summarySchema.parse(run.summary).answer).toEqual(run.summary.answer);
  });

  it('shows the first wrong ones and the least sure ones as images, with their best classes', async () => {
    const { wrong, unsure } = run.summary.answer as Answer;
    const shown = [...wrong.slice(0, 12), ...unsure.slice(0, 12)];
    expect(
      page.match(/<img class="thumbnail pixelated" src="data:image\/png;base64,[\w+/]+=*"/g),
    ).toHaveLength(shown.length);
    const text = said(page);
    for (const { truth, label } of wrong.slice(0, 12))
      expect(text).toContain(`is ${truth}, taken for ${label}`);
    const [first] = unsure;
    expect(text).toContain(`${((first?.score ?? 0) / 10_000).toFixed(1)} %`);
    expect((await imagesOf({ ...run, images: run.images })).note).toBeNull();
  });

  it('draws the matrix and the scores, with what they say in words', () => {
    expect(page).toContain('id="confusion-t"');
    expect(page).toContain('id="scores-t"');
    expect(page).toMatch(/<rect class="size"[^>]*><title>95 to 100 %: \d+ images<\/title>/);
    expect(page).not.toContain('what most images were taken for');
  });

  it('has no accuracy where nothing is known, and says what images were taken for', () => {
    const none = withAnswer({
      ...{ classified: 10, labelled: 0, correct: 0, correctTop: 0, foreign: 0, accuracy: null },
      ...{ wrong: [], mistakes: [], labels: ['cat', 'dog'], confusion: null },
      counts: [
        { label: 'dog', images: 7 },
        { label: 'cat', images: 2 },
      ],
    });
    const sentence = '10 images classified: accuracy not known, most often taken for dog (70.0 %)';
    for (const text of [renderHtml(none), renderTerminal(none), renderMarkdown(none)].map(said)) {
      expect(text).toContain(sentence);
      expect(text).not.toContain('Top-5 accuracy');
    }
    expect(said(renderHtml(none))).toContain('1 image was taken for other labels.');
    expect(renderHtml(none)).not.toContain('id="confusion-t"');
    expect(renderTerminal(none)).toContain('Taken for: dog 7, cat 2, others 1');
    expect(renderCsv(none)).toContain('Classification,accuracy,serverless,0,,ratio\n');
  });

  it('names the most frequent mistakes where there is no matrix', () => {
    const mistakes = [{ truth: 'tiger', label: 'cat', images: 4 }];
    const many = withAnswer({ confusion: null, mistakes });
    expect(said(renderHtml(many))).toContain('tigercat4');
    expect(said(renderHtml(many))).toContain('For the 10 labels there is no confusion matrix.');
    expect(renderTerminal(many)).toContain('tiger taken for cat: 4');
    expect(renderCsv(many)).toContain('Classification,taken for cat: tiger,serverless,0,4,images\n');
  });

  it('has no accuracy of the best where these are all classes, or one', () => {
    const { unsure } = run.summary.answer as Answer;
    for (const classes of [1, 2]) {
      const few = unsure.map((one) => ({ ...one, scores: one.scores.slice(0, classes) }));
      expect(renderTerminal(withAnswer({ unsure: few }))).not.toContain('Top-');
    }
  });

  it('says which images count in no accuracy', async () => {
    const { summary } = await scoredRun({ unlabelled: 20, foreign: 3 });
    for (const text of [renderHtml(summary), renderTerminal(summary), renderMarkdown(summary)].map(said)) {
      expect(text).toContain('20 images of 500 had no known label to compare with, and do not count.');
      expect(text).toContain('3 images of 500 had a label that no class of the model has, and do not count.');
    }
  });

  it('never seems to be certain, nor to exclude, by rounding', () => {
    const [one] = (run.summary.answer as Answer).unsure;
    const scores = [
      { label: 'x', score: 999_981 },
      { label: 'y', score: 19 },
      { label: 'z', score: 0 },
    ];
    const html = said(renderHtml(withAnswer({ unsure: one ? [{ ...one, scores }] : [] })));
    expect(html).toContain('x &gt; 99.9 %y &lt; 0.1 %z 0.0 %');
  });

  it('is of no image, too', () => {
    const empty = withAnswer({
      ...{ classified: 0, labelled: 0, correct: 0, correctTop: 0, accuracy: null, labels: [], confusion: [] },
      ...{ mistakes: [], counts: [], wrong: [], unsure: [], scoreHistogram: Array(20).fill(0) },
    });
    for (const render of [renderHtml, renderTerminal, renderMarkdown, renderCsv]) {
      expect(render(empty)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('says how scores come about, and has nothing of statistics', () => {
    expect(page).toContain('A score is the probability of a class in millionths');
    for (const other of ['Dataset statistics', 'Outliers', 'the square of the Euclidean distance']) {
      expect(page).not.toContain(other);
    }
  });
});

it('labels that would be markup, formulas or control characters are only text', async () => {
  const hostileRun = await scoredRun({ labels: HOSTILE_LABELS, hostileKeys: true });
  const { summary } = hostileRun;
  const hostile = renderHtml(summary);
  expect(hostile).not.toMatch(/<script|<img|<b>bold/);
  expect(renderMarkdown(summary)).not.toMatch(/<script|<img/);
  expect(renderCsv(summary)).toContain('"recall of a,""b"""');
  const lines = renderTerminal(summary).split('\n');
  expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(100);
});
