import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page, SerializedAXNode } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviceOfRun } from '../../src/advice/run-advice.ts';
import { judgeHistory } from '../../src/history/judge.ts';
import { historyHtml } from '../../src/history/render.ts';
import { readPrices } from '../../src/prices/prices.ts';
import { answerView } from '../../src/report/answers/reports.ts';
import { renderHtml } from '../../src/report/html.ts';
import { buildSummary } from '../../src/report/summary.ts';
import { figuresOfSweep } from '../../src/sweep/figures.ts';
import { sweepPage } from '../../src/sweep/page.ts';
import { LEARNT, nightsOf } from '../unit/history/nights.ts';
import { type ClassifiedOptions, classifiedRun, HOSTILE_LABELS } from '../unit/report/classified.ts';
import { type ClusteredOptions, clusteredRun } from '../unit/report/clustered.ts';
import { manyWorkers } from '../unit/report/many-workers.ts';
import { HOSTILE_KEYS, realSummary, sampleInput } from '../unit/report/sample.ts';
import { type ScoredOptions, scoredRun } from '../unit/report/scored.ts';
import { trainedIn } from '../unit/report/trained.ts';
import { sweepOfEngines } from '../unit/sweep/sample.ts';
import { launchBrowser } from './support/browser.ts';
import { type View, WatchedPage } from './support/watched-page.ts';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const REPORTS = {
  'a real comparison': () => realSummary(),
  'advice within a deadline': async () => {
    const summary = await realSummary();
    const request = { strategy: 'balanced', deadlineSeconds: 30 } as const;
    return { ...summary, advice: adviceOfRun(summary, readPrices('us-east-1'), request) };
  },
  'hostile keys in three rounds': async () =>
    buildSummary(await sampleInput({ repeats: 3, failHostile: true })),
  'answers that differ': async () => buildSummary(await sampleInput({ disagree: true })),
  'a fleet that failed': async () =>
    buildSummary(await sampleInput({ fleetFails: true, schedule: 'parallel' })),
  'no data at all': async () => {
    const input = await sampleInput({ baseline: false });
    const lost = { aggregate: null, fleet: null, hosts: [], instances: null };
    return buildSummary({ ...input, arms: input.arms.map((arm) => ({ ...arm, ...lost })) });
  },
  '48 workers': () => manyWorkers(48),
  'different kernels': async () =>
    buildSummary({
      ...(await sampleInput({ repeats: 2, kernels: { serverless: ['sharp'], fleet: ['pillow', 'native'] } })),
      prices: readPrices('us-east-1'),
    }),
} as const;

interface TestedPage {
  readonly html: () => Promise<string>;
  /** Some of what its sections are called. */
  readonly headings: readonly string[];
  /** Whether wide tables are scrolled by themselves. */
  readonly scrolls: boolean;
}

async function classification(options: ClassifiedOptions = {}): Promise<string> {
  const { summary, ...readers } = await classifiedRun(options);
  return renderHtml(summary, await answerView(summary).readImages(readers));
}

async function scored(options: ScoredOptions = {}): Promise<string> {
  const { summary, images } = await scoredRun(options);
  return renderHtml(summary, await answerView(summary).readImages({ runs: images, images }));
}

async function clusters(options: ClusteredOptions = {}): Promise<string> {
  const summary = await clusteredRun(options);
  const none = { get: expect.fail, stream: expect.fail };
  return renderHtml(summary, await answerView(summary).readImages({ runs: none, images: none }));
}

const sweep = sweepOfEngines();
const kernels = ['sharp', 'pillow', 'native'];
const mixedSweep = {
  ...sweep,
  measurements: sweep.measurements.map((one, i) =>
    one.status === 'succeeded' ? { ...one, kernels: kernels.slice(0, 1 + (i % 3)) } : one,
  ),
};
const nights = judgeHistory({
  name: 'nightly',
  nights: nightsOf([...LEARNT, 10, 11.5, 11.5, 11.5]),
  resets: [],
});
const PAGES: Readonly<Record<string, TestedPage>> = {
  ...Object.fromEntries(
    Object.entries(REPORTS).map(([name, summary]) => [
      name,
      { html: async () => renderHtml(await summary()), headings: ['Arms', 'Method'], scrolls: false },
    ]),
  ),
  'a classification': {
    html: () => classification(),
    headings: ['Classification', 'Method'],
    scrolls: false,
  },
  'a classification with hostile labels': {
    html: () => classification({ labels: HOSTILE_LABELS, hostileKeys: true, unlabelled: 20 }),
    headings: ['Classification'],
    scrolls: true,
  },
  'a classification by a model': {
    html: () => scored({ foreign: 3 }),
    headings: ['Classification', 'Method'],
    scrolls: false,
  },
  'a classification by a model with hostile labels': {
    html: () => scored({ labels: HOSTILE_LABELS, hostileKeys: true, unlabelled: 20 }),
    headings: ['Classification'],
    scrolls: true,
  },
  'clusters in twelve stages': {
    html: () => clusters({ stages: 12, empty: 1 }),
    headings: ['Clusters', 'Stages', 'Method'],
    scrolls: true,
  },
  'a hundred clusters with hostile labels in a hundred stages': {
    html: () => clusters({ k: 100, stages: 100, labels: HOSTILE_LABELS }),
    headings: ['Clusters', 'Stages'],
    scrolls: true,
  },
  'two clusters without labels in one stage': {
    html: () => clusters({ k: 2, maxIterations: 1, labels: null }),
    headings: ['Clusters', 'Stages'],
    scrolls: true,
  },
  'a network that learned in twelve rounds': {
    html: async () => renderHtml(await trainedIn(12, [...'0123456789'], (place) => `digits/${place}.png`)),
    headings: ['Training', 'Stages', 'Method'],
    scrolls: true,
  },
  'a network that learned hostile labels in two hundred rounds': {
    html: async () =>
      renderHtml(
        await trainedIn(200, HOSTILE_LABELS, (place) => HOSTILE_KEYS[place % HOSTILE_KEYS.length] ?? ''),
      ),
    headings: ['Training', 'Stages'],
    scrolls: true,
  },
  'a sweep': {
    html: async () => sweepPage(sweep, figuresOfSweep(sweep)),
    headings: ['stats', 'normalise', 'Failed runs'],
    scrolls: true,
  },
  'a sweep with different kernels': {
    html: async () => sweepPage(mixedSweep, figuresOfSweep(mixedSweep)),
    headings: ['stats', 'normalise'],
    scrolls: true,
  },
  'nights with a regression': {
    html: async () => historyHtml(nights),
    headings: ['Trend', 'Nights'],
    scrolls: true,
  },
};

const VIEWS: Readonly<Record<string, View>> = {
  light: { width: 1200, theme: 'light', media: 'screen' },
  dark: { width: 1200, theme: 'dark', media: 'screen' },
  print: { width: 794, theme: 'light', media: 'print' },
  'a phone': { width: 390, theme: 'light', media: 'screen' },
  'a phone in the dark': { width: 390, theme: 'dark', media: 'screen' },
};

let browser: Browser;
let folder: string;

beforeAll(async () => {
  [browser, folder] = await Promise.all([launchBrowser(), mkdtemp(join(tmpdir(), 'fanfleet-page-'))]);
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(PAGES))('the page of %s', (name, { html, headings, scrolls }) => {
  let url: string;
  let watched: WatchedPage;
  beforeAll(async () => {
    const file = join(folder, `${name}.html`);
    await writeFile(file, await html());
    url = pathToFileURL(file).href;
    watched = await WatchedPage.open(browser);
  });
  afterAll(() => watched?.close());

  it.each(Object.keys(VIEWS))(
    'has no violation of axe, no error, no request and nothing cut off: %s',
    async (view) => {
      await watched.load(url, VIEWS[view] as View);
      const { page, errors, requests } = watched;
      await page.evaluate(OPEN_DETAILS);
      expect(await page.evaluate(tooWide(scrolls ? '.wide' : 'none'))).toEqual([]);
      expect(await violations(page)).toEqual([]);
      expect(errors).toEqual([]);
      expect(requests).toEqual([url]);
    },
  );

  it('is complete without JavaScript', async () => {
    const seen: string[][] = [];
    const { page } = watched;
    for (const wanted of [false, true]) {
      await page.setJavaScriptEnabled(wanted);
      await watched.load(url, VIEWS.light as View);
      // The browser's own tree, which needs no script.
      const tree = await page.accessibility.snapshot({ interestingOnly: false });
      seen.push(tree === null ? [] : namesOf(tree));
    }
    expect(seen[0]).toEqual(expect.arrayContaining(headings.map((heading) => `heading ${heading}`)));
    expect(seen[1]).toEqual(seen[0]);
  });
});

it('text has the glyphs of a font, so that what is too wide is seen', async () => {
  const page = await browser.newPage();
  try {
    await page.setContent('<span>WWWW</span><br><span>iiii</span>');
    const widths = await page.$$eval('span', (spans) =>
      spans.map((span) => span.getBoundingClientRect().width),
    );
    expect(widths[1]).toBeGreaterThan(0);
    expect(widths[0]).toBeGreaterThan(Number(widths[1]));
  } finally {
    await page.close();
  }
});

it('a page is not held back by a machine without the libraries of a browser', async () => {
  const bare = await launchBrowser({ bundledLibraries: true });
  try {
    const page = await bare.newPage();
    await page.setContent(renderHtml(await realSummary()));
    expect(await page.$eval('h1', ({ textContent }) => textContent)).toContain('arm');
  } finally {
    await bare.close();
  }
});

function namesOf({ role, name = '', children = [] }: SerializedAXNode): string[] {
  return [`${role} ${name}`, ...children.flatMap(namesOf)];
}

/** Scripts of the page are texts: the project's types have no document. */
const OPEN_DETAILS = 'for (const details of document.querySelectorAll("details")) details.open = true;';

/** What is wider than the page, or than the part of it that it is in, but for elements that may be. */
const tooWide = (allowed: string) => `
  [document.documentElement, ...document.querySelectorAll('main *:not(svg, svg *), header *')]
    .filter((element) => !element.matches('${allowed}'))
    .filter((element) => element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1)
    .filter((element) => !['inline', 'contents'].includes(getComputedStyle(element).display))
    .filter((element) => getComputedStyle(element).textOverflow !== 'ellipsis')
    .map((element) => element.tagName + '.' + element.className + ': ' + element.scrollWidth + ' in ' + element.clientWidth)
`;

interface AxeResult {
  readonly violations: readonly { id: string; nodes: readonly { html: string; failureSummary?: string }[] }[];
}

/** What axe-core finds: WCAG 2.2 A and AA, and its best practices. */
async function violations(page: Page): Promise<string[]> {
  // Through the debugger, past the policy of the page.
  await page.evaluate(AXE);
  // Only of these it has to find out how each element is named.
  const run = 'axe.run(document, { resultTypes: ["violations"] })';
  const { violations: found } = (await page.evaluate(run)) as AxeResult;
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.length} of ${nodes[0]?.html}: ${nodes[0]?.failureSummary}`,
  );
}
