import { beforeAll, describe, expect, it } from 'vitest';
import { renderCsv } from '../../../../../src/report/csv.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { renderMarkdown } from '../../../../../src/report/markdown.ts';
import { buildSummary } from '../../../../../src/report/summary.ts';
import { type Summary, summarySchema } from '../../../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../../../src/report/terminal.ts';
import { sampleInput } from '../../sample.ts';

type Answer = Extract<NonNullable<Summary['answer']>, { kind: 'embed' }>;

let run: Summary;
beforeAll(async () => {
  const input = await sampleInput({ images: 12 });
  const workload = {
    name: 'embed',
    params: { model: 'm.onnx', layer: '<flat>', type: 'float32', modelBatch: 8 },
  } as const;
  run = buildSummary({ ...input, run: { ...input.run, workload } });
});

function withAnswer(changes: Partial<Answer> = {}): Summary {
  const source = run.answer?.source ?? expect.fail('no answer');
  const answer: Answer = {
    ...{
      kind: 'embed',
      source,
      embedded: 12,
      zeros: 1,
      length: 2048,
      layer: '<flat>',
      model: 'ab'.repeat(32),
    },
    ...{ least: -1.25, greatest: Math.fround(0.1) },
    ...changes,
  };
  return summarySchema.parse({ ...run, answer }) as Summary;
}

describe('the report of embeddings', () => {
  it.each([renderHtml, renderTerminal, renderMarkdown])(
    'says how many there are, and of what: %o',
    (render) => {
      const text = render(withAnswer())
        .replaceAll(/&lt;|\\</g, '<')
        .replaceAll(/&gt;|\\>/g, '>')
        .replaceAll('\\', '')
        .replace(/\s+/g, ' ');
      expect(text).toContain('12 embeddings: 2048 numbers each, <flat>. Numbers from -1.25 to 0.1.');
      expect(text).toContain('1 embedding of zeros, without a direction.');
    },
  );

  it('tells the file and the model on the page, and escapes the layer', () => {
    const page = renderHtml(withAnswer());
    expect(page).toContain('embeddings.parquet');
    expect(page).toContain(`SHA-256 of the model: ${'ab'.repeat(32)}`);
    expect(page).not.toContain('<flat>');
  });

  it('says so where the model is not known, and leaves out what there is not', () => {
    const text = renderTerminal(
      withAnswer({ zeros: 0, length: null, layer: null, model: null, least: null, greatest: null }),
    );
    expect(text).toContain('12 embeddings: of a model that is not known.');
    expect(text).not.toContain('Numbers from');
    expect(text).not.toContain('without a direction');
  });

  it('has its figures in the CSV', () => {
    const lines = renderCsv(withAnswer()).split('\n');
    for (const words of [
      /^Embeddings,embedded,[a-z]+,\d+,12,images$/,
      /^Embeddings,numbers of an embedding,[a-z]+,\d+,2048,$/,
      /^Embeddings,least number,[a-z]+,\d+,-1.25,$/,
    ])
      expect(
        lines.filter((line) => words.test(line)),
        String(words),
      ).toHaveLength(1);
  });
});
