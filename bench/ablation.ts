import { instancePrice, readPrices } from '../src/prices/prices.ts';
import { median, spread } from '../src/statistics/median.ts';
import { medianRatio } from './median-ratio.ts';
import type { Switch, Took } from './pipelines.ts';
import { markdownTable } from './table.ts';

/** Its hour is what a pipeline with 2 workers costs, beside its requests: it has 2 vCPUs. */
export const INSTANCE = 'c7i.large';
const REGION = 'us-east-1';
const MIB = 2 ** 20;

/** A pipeline that is measured, by the switches that are on in it. */
export type Case = { readonly title: string; readonly switches: readonly string[] };

/** The defaults, with all mistakes, and with all optimizations. */
export function casesTogether(mistakes: readonly Switch[], optimizations: readonly Switch[]): Case[] {
  return [
    { title: 'baseline', switches: mistakes.map(({ name }) => name) },
    { title: 'plain', switches: [] },
    { title: 'optimized', switches: optimizations.map(({ name }) => name) },
  ];
}

/** A switch alone, and what it is measured beside: the same without it. What it needs is on in both. */
export function caseAlone(
  one: Switch,
  all: readonly Switch[],
): { readonly with: Case; readonly without: Case } {
  const needs = needsOf(one, all);
  return {
    with: { title: one.name, switches: [...needs, one.name] },
    without: { title: needs.length === 0 ? 'plain' : needs.join(', '), switches: needs },
  };
}

function needsOf(one: Switch, all: readonly Switch[]): string[] {
  return one.needs.flatMap((name) => {
    const found = all.find((other) => other.name === name);
    return found === undefined ? [] : [...needsOf(found, all), name];
  });
}

/** Of two cases that are one pipeline. */
export function caseKey({ switches }: Case): string {
  return switches.join(',');
}

/** US dollars for a million images, of the machines while they work and of requests. */
export function usdPerMillion({ seconds, puts, gets, images }: Took): number {
  const prices = readPrices(REGION);
  const request = (name: 's3Put' | 's3Get') => prices.prices[name]?.tiers[0]?.usd ?? Number.NaN;
  const machine = (instancePrice(prices, INSTANCE).onDemandHour * seconds) / 3600;
  return ((machine + puts * request('s3Put') + gets * request('s3Get')) / images) * 1e6;
}

type Figure = readonly [title: string, (took: Took) => number, digits: number];

const FIGURES: readonly Figure[] = [
  ['seconds', ({ seconds }) => seconds, 1],
  ['CPU seconds', ({ cpuSeconds }) => cpuSeconds, 1],
  ['memory MiB', ({ ownBytes }) => ownBytes / MIB, 0],
  ['object store MiB', ({ storeBytes }) => storeBytes / MIB, 1],
  ['read MiB', ({ bytesRead }) => bytesRead / MIB, 1],
  ['written KiB', ({ bytesWritten }) => bytesWritten / 1024, 1],
  ['PUTs', ({ puts }) => puts, 0],
  ['GETs', ({ gets }) => gets, 0],
  ['USD a million', usdPerMillion, 2],
];

/** What each pipeline took: medians of the rounds, times with the least and the most. */
export function togetherTable(
  rows: readonly { readonly title: string; readonly took: readonly Took[] }[],
): string {
  return markdownTable(
    ['', ...FIGURES.map(([title]) => title)],
    rows.map(({ title, took }) => [title, ...FIGURES.map((figure) => figureText(figure, took))]),
  );
}

function figureText([title, of, digits]: Figure, took: readonly Took[]): string {
  const { median: middle, min, max } = spread(took.map(of));
  const text = middle.toFixed(digits);
  return title.endsWith('seconds') ? `${text} [${min.toFixed(digits)}-${max.toFixed(digits)}]` : text;
}

export type AloneRow = {
  readonly one: Switch;
  readonly with: readonly Took[];
  readonly without: readonly Took[];
};

/** How many times as much each takes as the same pipeline without it: medians of the ratios in the rounds. */
export function aloneTable(rows: readonly AloneRow[]): string {
  const figures = FIGURES.filter(([title]) => title !== 'read MiB');
  return markdownTable(
    ['', 'what', 'expected', ...figures.map(([title]) => title.replace(/ (MiB|KiB)$/, ''))],
    rows.map(({ one, with: having, without }) => [
      `\`${one.name}\`${one.needs.length === 0 ? '' : `, with ${one.needs.map((name) => `\`${name}\``).join(', ')}`}`,
      ...[one.what, one.expected],
      ...figures.map((figure) => ratioText(figure, having, without)),
    ]),
  );
}

function ratioText([title, of]: Figure, having: readonly Took[], without: readonly Took[]): string {
  const ratio = medianRatio(having.map(of), without.map(of));
  if (!title.endsWith('seconds')) return ratio.toFixed(2);
  const each = having.map((took, round) => of(took) / (without[round] ? of(without[round]) : Number.NaN));
  return `${median(each).toFixed(2)} [${Math.min(...each).toFixed(2)}-${Math.max(...each).toFixed(2)}]`;
}
