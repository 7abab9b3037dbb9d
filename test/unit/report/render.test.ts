import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { duration, figure, memory, ratio, UNKNOWN } from '../../../src/format.ts';
import { figuresOf, groupsOf } from '../../../src/report/figures.ts';
import { hostFigures } from '../../../src/report/host-figures.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { escapeText } from '../../../src/report/markup.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import { classifiedRun } from './classified.ts';
import { clusteredRun } from './clustered.ts';
import { HOSTILE_KEYS, type SampleOptions, sampleInput } from './sample.ts';
import { stagedInput } from './staged.ts';

const CASES: Record<string, SampleOptions> = {
  'one round': {},
  'three rounds with failed images': { repeats: 3, failHostile: true },
  'answers that differ': { disagree: true },
  'a fleet that failed, contended': { fleetFails: true, schedule: 'parallel' },
  'one arm without a baseline': { arms: ['serverless'], baseline: false },
  'normalised images': { normalise: true },
  'more batches than can be drawn': { images: 2100, batchSize: 1, serverlessWorkers: 60 },
};
const summaries: Record<string, Summary> = {};

beforeAll(async () => {
  for (const [name, options] of Object.entries(CASES))
    summaries[name] = buildSummary(await sampleInput(options));
  summaries['a classification'] = (await classifiedRun()).summary;
  summaries['several stages'] = buildSummary(await stagedInput());
  summaries.clusters = await clusteredRun({ empty: 1 });
});

it('the page tells how many workers the head started while it ran', () => {
  const summary = structuredClone(of('one round'));
  for (const { fleet } of summary.rounds.flatMap(({ arms }) => arms)) {
    const calls = [['i-4'], [], ['i-5', 'i-6']].map((instances, index) => ({
      ...{ call: index + 1, at: 0, workers: 2, instances, refusals: [] },
    }));
    if (fleet !== null) fleet.workerStarts = calls;
  }
  expect(textOf(renderHtml(summary))).toContain('The head started 3 more workers while it ran.');
});

/** Without the backticks that the page shows as code, and with one space for several. */
const spaced = (text: string) => text.replaceAll(/[`\s]+/g, ' ');

describe.each([...Object.keys(CASES), 'a classification', 'several stages', 'clusters'])(
  'the report of %s',
  (name) => {
    it('shows the same figures in the terminal and on the page, and they are those of the summary', () => {
      const summary = of(name);
      const [terminal, page] = [renderTerminal(summary), textOf(renderHtml(summary))];
      for (const { label, cells, shares } of groupsOf(figuresOf(summary)).flatMap(({ rows }) => rows)) {
        const line = terminal.split('\n').filter((text) => text.startsWith(label));
        const wanted = [...cells.map(({ text }) => text), ...(shares ?? [])].filter((cell) => cell !== '');
        expect(line.some((text) => wanted.every((cell) => text.includes(cell)))).toBe(true);
        for (const cell of wanted) expect(page).toContain(cell);
      }
      for (const text of [summary.headline, ...summary.remarks, summary.runId]) {
        expect(spaced(page)).toContain(spaced(text));
        expect(terminal.replaceAll('\n', ' ')).toContain(text);
      }
    });

    it('fits the terminal and leaves no control characters in it', () => {
      const terminal = renderTerminal(of(name));
      expect(Math.max(...terminal.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100);
      expect(terminal.replaceAll('\n', '')).not.toMatch(/\p{Cc}|[\u202a-\u202e]/u);
      expect(terminal.endsWith('\n')).toBe(true);
      expect(terminal).not.toMatch(/undefined|NaN|null|\[object/);
    });

    it('is one well-formed page without script, style attributes or anything to load', () => {
      const page = renderHtml(of(name));
      expect(page).not.toMatch(/undefined|NaN|\[object/);
      const tags = page.match(/<[^>]*>/g)?.join('\n') ?? '';
      expect(tags).not.toMatch(
        /<script|<link|<img|<iframe|<object|<base|\sstyle=|\son\w+=|javascript:|\b(href|src)=/i,
      );
      expect(openTags(page)).toEqual([]);
      const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
      const hash = createHash('sha256').update(style).digest('base64');
      expect(style).not.toMatch(/@import|url\(/);
      expect(page).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
    });
  },
);

describe('figuresOf', () => {
  it('puts each figure of the summary into its row', () => {
    // Prepare
    const summary = of('three rounds with failed images');
    const rows = groupsOf(figuresOf(summary)).flatMap((group) => group.rows);
    const cellsOf = (label: string) => rows.find((row) => row.label === label)?.cells.map(({ text }) => text);
    const [serverless, fleet] = summary.arms;
    const shown = summary.rounds[fleet?.shownRound ?? -1]?.arms.find(({ arm }) => arm === 'fleet');

    // Assess
    expect(cellsOf('wall time, median')?.[1]).toBe(duration(fleet?.wallMs?.median ?? null));
    expect(cellsOf('images/s')?.[0]).toBe(figure(serverless?.itemsPerSecond ?? null));
    expect(cellsOf('MB/s')?.[0]).toBe(figure(serverless?.megabytesPerSecond ?? null));
    expect(cellsOf('MB/s')?.[2]).toBe('4.77');
    expect(cellsOf('speedup')?.[1]).toBe(ratio(fleet?.speedup ?? null));
    expect(cellsOf('provision')?.[1]).toBe(`${((shown?.phases?.provision ?? 0) / 1000).toFixed(3)} s`);
    expect(cellsOf('process')?.[1]).toBe(`${((shown?.phases?.process ?? 0) / 1000).toFixed(3)} s`);
    expect(cellsOf('CPU time')?.[1]).toBe(duration(shown?.work?.cpuMs ?? null));
    expect(cellsOf('peak memory')?.[1]).toBe(memory(shown?.work?.rssPeakBytes ?? null));
    expect(cellsOf('kernel')).toEqual(['native', 'native', 'native']);
    expect(cellsOf('images')).toEqual(['1,006', '1,006', '200']);
    expect(cellsOf('failed images')).toEqual(['6', '6', '']);
    expect(cellsOf('digest')?.[0]).toBe(summary.agreement.digest?.slice(0, 12));
  });
});

describe('normalised images', () => {
  it('are counted with their bytes, and only of such runs', () => {
    const rowsOf = (name: string) =>
      figuresOf(of(name)).answer.rows.map(({ label, cells }) => [label, cells.map(({ text }) => text)]);
    expect(rowsOf('normalised images')).toContainEqual(['files written', ['1,000', '1,000', 'none']]);
    expect(rowsOf('normalised images')).toContainEqual(['bytes written', ['100 MB', '100 MB', '']]);
    expect(rowsOf('one round').map(([label]) => label)).not.toContain('files written');
  });

  it('are described in words: how they were stretched, and what proves them', () => {
    const words =
      'normalise to JPEG of quality 90, each channel apart, by the range of the dataset (run 2026-11-20';
    const summary = of('normalised images');
    expect(renderTerminal(summary).replaceAll('\n', ' ')).toContain(words);
    expect(textOf(renderHtml(summary))).toContain(words);
    expect(renderHtml(summary)).toContain('the checksum of the pixels that were encoded');
    expect(renderHtml(of('one round'))).not.toContain('normalised');
  });
});

describe('hosts of the fleet', () => {
  it('are shown with what they used, the same in the terminal and on the page', () => {
    const summary = of('one round');
    const [terminal, page] = [renderTerminal(summary), textOf(renderHtml(summary))];
    const hosts = summary.rounds[0]?.arms[1]?.hosts.map(hostFigures) ?? [];
    expect(hosts[1]?.cells.slice(0, 4)).toEqual(['2', '75.0 %', '75.0 %', '512 MiB']);
    for (const { instanceId, cells, state } of hosts) {
      const line = terminal.split('\n').find((text) => text.startsWith(instanceId)) ?? '';
      expect(line.slice(instanceId.length).trim().split(/ {2,}/)).toEqual([...cells, state]);
      for (const cell of cells) expect(page).toContain(cell);
    }
  });

  it('that were not measured are said to be unknown, and not idle', () => {
    const killed = of('one round').rounds[0]?.arms[1]?.hosts[2];
    expect(killed && hostFigures(killed)).toMatchObject({ cells: Array(6).fill(UNKNOWN), state: 'DEAD' });
    expect(textOf(renderHtml(of('one round')))).toContain('1 of 3 left no measurement.');
  });

  it('have a picture of their use, and no section where there is no host', () => {
    expect(renderHtml(of('one round')).match(/<path class="use-cpu"/g)).toHaveLength(2);
    expect(renderHtml(of('one round')).match(/<path class="use-memory"/g)).toHaveLength(2);
    expect(renderHtml(of('a fleet that failed, contended'))).not.toContain('<h2>Hosts</h2>');
  });
});

describe('renderHtml', () => {
  it('puts the headline first', () => {
    const page = renderHtml(of('one round'));
    expect(page.indexOf('<h1>')).toBeLessThan(page.indexOf('<h2>'));
    expect(page).toContain(`<h1>${of('one round').headline}</h1>`);
  });

  it('draws each batch once, and the phases of each arm', () => {
    const page = renderHtml(of('one round'));
    expect(page.match(/<rect class="b-(even|odd|failed)"/g)).toHaveLength(40);
    expect(page.match(/<title>process: /g)).toHaveLength(2);
    const failed = renderHtml(of('three rounds with failed images'));
    expect(failed.match(/<rect class="b-failed"/g)).toHaveLength(4);
  });

  it('says what it does not draw', () => {
    const page = renderHtml(of('more batches than can be drawn'));
    expect(page).toContain('Not drawn: 12 workers');
    expect(page).toContain('Too many batches to draw each');
  });

  it('is green only where equality was shown', () => {
    const green = /class="good"/;
    expect(renderHtml(of('one round'))).toMatch(green);
    for (const name of [
      'answers that differ',
      'a fleet that failed, contended',
      'one arm without a baseline',
    ]) {
      expect(renderHtml(of(name))).not.toMatch(green);
    }
  });

  it('warns beside dataset statistics of an answer that is not complete', async () => {
    const input = await sampleInput({ arms: ['fleet'] });
    const incomplete = buildSummary({
      ...input,
      arms: input.arms.map((arm) => ({
        ...arm,
        aggregate: arm.aggregate && { ...arm.aggregate, valid: false },
      })),
    });
    expect(renderHtml(incomplete)).toContain('The answer of this arm is not complete');
    expect(renderHtml(of('one round'))).not.toContain('The answer of this arm is not complete');
  });

  it('escapes hostile keys and shows them whole', () => {
    const page = renderHtml(of('three rounds with failed images'));
    for (const key of HOSTILE_KEYS) expect(page).toContain(escapeText(key));
  });

  it('escapes what workers, hosts and errors say', async () => {
    // Prepare
    const evil = '</style><script>alert("1")</script>';
    const input = await sampleInput();
    const [serverless, fleet] = input.arms;
    const infected = buildSummary({
      ...input,
      run: { ...input.run, prefix: evil },
      environment: { ...input.environment, cpuModel: evil, versions: { [evil]: evil } },
      arms: [serverless, fleet].flatMap((arm) =>
        arm?.aggregate
          ? [
              {
                times: { ...arm.times, status: 'failed' as const, error: { code: evil, message: evil } },
                aggregate: {
                  ...arm.aggregate,
                  problems: [{ code: evil, message: evil, count: 1, examples: [evil] }],
                  work: {
                    ...arm.aggregate.work,
                    workers: [{ worker: evil, batches: 1, items: 1, share: 1, busyMs: 1 }],
                  },
                  timeline: {
                    ...arm.aggregate.timeline,
                    lanes: arm.aggregate.timeline.lanes.map((lane, i) => ({
                      ...lane,
                      worker: `${i}${evil}`,
                    })),
                  },
                },
                fleet: arm.fleet && {
                  ...arm.fleet,
                  engine: evil,
                  clusterStatus: evil,
                  settings: { [evil]: evil },
                  hosts: arm.fleet.hosts.map((host) => ({ ...host, instanceId: evil, address: evil })),
                },
                hosts: arm.hosts.map((host) => ({ ...host, instanceId: evil, address: evil })),
              },
            ]
          : [],
      ),
    });

    // Act
    const page = renderHtml(infected);

    // Assess
    expect(page).not.toContain('<script');
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page.split(escapeText(evil)).length).toBeGreaterThan(20);
  });
});

function of(name: string): Summary {
  const summary = summaries[name];
  if (summary === undefined) throw new Error(name);
  return summary;
}

/** What a reader sees: tags gone, entities resolved. */
function textOf(page: string): string {
  return page.replace(/<[^>]*>/g, ' ').replace(/&lt;|&gt;|&quot;|&#39;|&amp;/g, (entity) => {
    const plain = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
    return plain[entity as keyof typeof plain];
  });
}

/** Tags that are opened and not closed in turn. */
function openTags(page: string): string[] {
  const open: string[] = [];
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '').replace('<!doctype html>', '');
  for (const [, closing, tag = '', rest = ''] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi)) {
    if (['meta', 'br'].includes(tag) || rest.endsWith('/')) continue;
    if (closing === '') open.push(tag);
    else if (open.at(-1) === tag) open.pop();
    else return [...open, `/${tag}`];
  }
  return open;
}
