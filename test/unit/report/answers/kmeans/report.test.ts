import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { figure, percent } from '../../../../../src/format.ts';
import { centreImage } from '../../../../../src/report/answers/kmeans/images.ts';
import { answerView } from '../../../../../src/report/answers/reports.ts';
import { renderCsv } from '../../../../../src/report/csv.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { renderMarkdown } from '../../../../../src/report/markdown.ts';
import type { Summary } from '../../../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../../../src/report/terminal.ts';
import { NO_IMAGES } from '../../../../../src/report/thumbnails/page-images.ts';
import { HOSTILE_LABELS } from '../../classified.ts';
import { clusteredRun } from '../../clustered.ts';

type Answer = Extract<NonNullable<Summary['answer']>, { kind: 'kmeans' }>;

let summary: Summary;
let answer: Answer;

beforeAll(async () => {
  summary = await clusteredRun({ empty: 1 });
  answer = answerIn(summary);
});

function answerIn({ answer: found }: Summary): Answer {
  return found?.kind === 'kmeans' ? found : expect.fail('no clusters');
}

function withAnswer(changes: Partial<Answer>): Summary {
  return { ...summary, answer: { ...answer, ...changes } };
}

/** Three clusters of 10 images, of which the labels of 6 are known. */
const SMALL: Partial<Answer> = {
  ...{
    images: 10,
    k: 3,
    iterations: 2,
    converged: true,
    inertia: ['2500.250000', '1999.500000'],
    empty: [2],
  },
  clusters: [
    {
      size: 7,
      labels: [
        { label: 'cat', images: 3 },
        { label: 'dog', images: 1 },
      ],
      majority: 'cat',
    },
    { size: 3, labels: [{ label: 'dog', images: 2 }], majority: 'dog' },
    { size: 0, labels: [], majority: null },
  ],
  agreement: { labelled: 6, purity: 5 / 6, adjustedRandIndex: 0.3243 },
  centres: null,
};

const FORMS = [renderHtml, renderTerminal, renderMarkdown];
/** In one line, and without what stands for markup. */
const plain = (text: string) => text.replaceAll(/<\/?b>|\\/g, '').replaceAll(/\s+/g, ' ');

describe('the report of clusters', () => {
  it('says in every form how it ended, and how far clusters and labels agree', () => {
    const { iterations, inertia, agreement } = answer;
    const ended = `Inertia ${figure(Number(inertia.at(-1)))} after ${iterations} iterations, converged.`;
    const agreed = [
      `Purity ${percent(agreement?.purity ?? null)}`,
      `adjusted Rand index ${agreement?.adjustedRandIndex.toFixed(3)}`,
    ];
    for (const text of FORMS.map((render) => plain(render(summary)))) {
      for (const said of [ended, ...agreed]) expect(text).toContain(said);
    }
    const csv = renderCsv(summary).split('\n');
    expect(csv).toContain(`Clusters,iterations,serverless,0,${iterations},iterations`);
    expect(csv).toContain(`Clusters,inertia of iteration ${iterations},serverless,0,${inertia.at(-1)},`);
    expect(csv).toContain(`Clusters,purity,serverless,0,${agreement?.purity},ratio`);
    expect(csv).toContain('Clusters,converged,serverless,0,yes,');
  });

  it('says how clusters come from the rows, and nothing of statistics', () => {
    expect(renderHtml(summary)).toContain('a centre is the exact mean of its images');
    expect(renderHtml(summary)).not.toMatch(/the statistics are summed|Dataset statistics/);
  });

  it('says of how many images the label is known where it is not of all', () => {
    for (const text of FORMS.map((render) => plain(render(withAnswer(SMALL))))) {
      expect(text).toContain('adjusted Rand index 0.324, over the 6 images with a known label');
    }
  });

  it('has the size of each cluster with its most frequent labels', () => {
    const small = withAnswer(SMALL);
    const page = renderHtml(small);
    expect(page).toContain('<p><b>7</b> <span class="quiet">70.0 %</span></p>');
    expect(page).toContain('<bdi title="dog">dog</bdi>: 2');
    expect([...page.matchAll(/class="size" width="([\d.]+)%"/g)].map(([, width]) => width)).toEqual([
      ...['100', '42.9', '0'],
    ]);
    expect(renderMarkdown(small)).toContain('| 0 | 7 | 70.0 % | cat: 3, dog: 1 |');
    const lines = renderTerminal(small)
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(lines).toContainEqual(['1', '3', '30.0 %', 'dog: 2']);
    const csv = renderCsv(small).split('\n');
    expect(csv).toContain('Clusters,size of cluster 2,serverless,0,0,images');
    expect(csv).toContain('Clusters,in cluster 0: dog,serverless,0,1,images');
  });

  it('names empty clusters', () => {
    expect(answer.empty).toEqual([9]);
    for (const text of FORMS.map((render) => plain(render(summary)))) {
      expect(text).toContain('1 cluster had no image: 9.');
    }
    const many = withAnswer({ empty: Array.from({ length: 30 }, (_, i) => i) });
    expect(plain(renderTerminal(many))).toContain('30 clusters had no image: 0, 1, 2');
    expect(plain(renderTerminal(many))).toContain('18, 19, and 10 more.');
  });

  it('draws the inertia of each iteration, from the first to the last', () => {
    const page = renderHtml(withAnswer(SMALL));
    const dots = [
      ...page.matchAll(/<circle class="dot s-inertia" cx="([\d.]+)%" cy="([\d.]+)"[^>]*><title>([^<]*)/g),
    ];
    expect(dots.map(([, x, , text]) => [x, text])).toEqual([
      ['2', 'iteration 1: 2,500'],
      ['98', 'iteration 2: 2,000'],
    ]);
    const [before = 0, after = 0] = dots.map(([, , y]) => Number(y));
    expect(after).toBeGreaterThan(before);
  });

  it('draws inertia that stays the same, and none of a single iteration', () => {
    const [same, single] = [['5.000000', '5.000000'], ['5.000000']].map((inertia) =>
      renderHtml(withAnswer({ inertia, iterations: inertia.length })),
    );
    expect(same?.match(/class="dot s-inertia"/g)).toHaveLength(2);
    expect(same).not.toMatch(/NaN/);
    expect(single).not.toContain('s-inertia"');
  });

  it('has a line and no dots of many iterations, and names the first and the last', () => {
    const inertia = Array.from({ length: 100 }, (_, i) => `${9000 - i}.000000`);
    const many = withAnswer({ inertia, iterations: 100, converged: false });
    expect(renderHtml(many)).toContain('<path class="line s-inertia"');
    expect(renderHtml(many)).not.toContain('class="dot s-inertia"');
    expect(plain(renderTerminal(many))).toContain('9,000 → 8,999 → 8,998 → 8,997 → … → 8,904 → 8,903');
    expect(renderHtml(many)).toContain('More iterations may change its clusters.');
  });

  it('shows the largest clusters where there are many', () => {
    const cluster = (size: number) => ({ size, labels: [], majority: null });
    const clusters = Array.from({ length: 120 }, (_, i) => cluster(i));
    const many = withAnswer({ k: 120, clusters, images: 7140, empty: [0] });
    const page = renderHtml(many);
    expect(page.match(/<p class="quiet">cluster \d+<\/p>/g)).toHaveLength(100);
    expect(page).toContain('The 100 largest; 20 clusters more: summary.json has all.');
    expect(page).toContain('cluster 20</p>');
    expect(page).not.toContain('cluster 19</p>');
    expect(renderTerminal(many)).toContain('The 20 largest; 100 clusters more.');
  });

  it('does without labels, and without an iteration that was over', () => {
    const clusters = answer.clusters.map(({ size }) => ({ size, labels: [], majority: null }));
    for (const text of FORMS.map((render) => render(withAnswer({ agreement: null, clusters })))) {
      expect(text).not.toMatch(/Purity|Rand/);
    }
    const none = withAnswer({ iterations: 0, inertia: [], converged: false, centres: null });
    for (const text of FORMS.map((render) => plain(render(none)))) {
      expect(text).toContain('Inertia not known since no iteration was over.');
      expect(text).not.toContain('More iterations');
    }
    expect(renderHtml(none)).not.toContain('The centres are not shown');
  });

  it('warns where the answer of its arm is not complete', () => {
    const incomplete = {
      ...summary,
      rounds: summary.rounds.map(({ round, arms }) => ({
        round,
        arms: arms.map((arm) => ({ ...arm, valid: false })),
      })),
    };
    expect(renderHtml(incomplete)).toContain('neither are these figures');
    expect(renderHtml(summary)).not.toContain('neither are these figures');
  });

  it('takes labels that would be markup, formulas or control characters for text', async () => {
    const hostile = await clusteredRun({ labels: HOSTILE_LABELS });
    expect(renderHtml(hostile)).not.toMatch(/<script|<img|<b>bold/);
    expect(renderMarkdown(hostile)).not.toMatch(/<script|<img/);
    const lines = renderTerminal(hostile).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  });
});

describe('the pictures of the centres', () => {
  const none = { get: expect.fail, stream: expect.fail };
  const read = (of: Summary) => answerView(of).readImages({ runs: none, images: none });

  it('have their pixels, each beside its cluster, and nothing is read for them', async () => {
    const { shown, size } = await read(summary);
    expect(size).toEqual({ width: 64, height: 64, isEnlarged: true });
    expect(shown.size).toBe(10);
    for (const [cluster, pixels] of (answer.centres?.pixels ?? []).entries()) {
      const file = Buffer.from(shown.get(centreImage(cluster))?.split(',')[1] ?? '', 'base64');
      expect((await sharp(file).raw().toBuffer()).toString('base64')).toBe(pixels);
    }
    const page = renderHtml(summary, { shown, size, note: null });
    expect(page.match(/<img class="thumbnail pixelated" src="data:image\/png;base64,/g)).toHaveLength(10);
    expect(page).toContain('alt="centre of cluster 3"');
  });

  it('are left out where the answer has none, and the page says so', async () => {
    const without = withAnswer({ centres: null });
    expect(await read(without)).toBe(NO_IMAGES);
    expect(renderHtml(without)).toContain('The centres are not shown');
    expect(renderHtml(summary)).not.toContain('The centres are not shown');
  });

  it('are not of damaged pixels', async () => {
    const { centres } = answer;
    const damaged = withAnswer({
      centres: centres && { ...centres, pixels: ['AAAA', ...centres.pixels.slice(1)] },
    });
    expect([...(await read(damaged)).shown.keys()]).not.toContain(centreImage(0));
  });
});
