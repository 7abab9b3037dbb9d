import { beforeAll, describe, expect, it } from 'vitest';
import { renderCsv } from '../../../src/report/csv.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import { PHASES } from '../../../src/timing/phases.ts';
import { realSummary } from './sample.ts';

let summary: Summary;

beforeAll(async () => {
  summary = await realSummary();
});

const GROUPS = { one: 'row group', many: 'row groups' };

/** What summary.json says of each arm, by the label that all formats give it. Taken from it here, not by the code under test. */
function figuresOfJson(): Map<string, (number | null)[]> {
  const shown = summary.arms.map(({ arm, shownRound }) =>
    summary.rounds[shownRound ?? -1]?.arms.find((one) => one.arm === arm),
  );
  const bills = summary.arms.map(({ arm }) => summary.cost?.arms.find((one) => one.arm === arm));
  return new Map([
    ['wall time, median', summary.arms.map(({ wallMs }) => wallMs?.median ?? null)],
    ['fastest round', summary.arms.map(({ wallMs }) => wallMs?.min ?? null)],
    ['slowest round', summary.arms.map(({ wallMs }) => wallMs?.max ?? null)],
    ['images/s', summary.arms.map(({ itemsPerSecond }) => itemsPerSecond)],
    ['MB/s', summary.arms.map(({ megabytesPerSecond }) => megabytesPerSecond)],
    ['speedup', summary.arms.map(({ speedup }) => speedup)],
    ['cost of a round', bills.map((bill) => bill?.usd ?? null)],
    ['per million images', bills.map((bill) => bill?.usdPerMillionItems ?? null)],
    ['images', shown.map((arm) => arm?.items ?? null)],
    ['failed images', shown.map((arm) => arm?.failedItems ?? null)],
    ...PHASES.map(
      (phase) =>
        [
          phase === 'coldStart' ? 'cold start' : phase,
          shown.map((arm) => arm?.phases?.[phase] ?? null),
        ] as const,
    ),
    ['cold starts', shown.map((arm) => arm?.work?.coldStarts ?? null)],
    ['CPU time', shown.map((arm) => arm?.work?.cpuMs ?? null)],
    ['peak memory', shown.map((arm) => arm?.work?.rssPeakBytes ?? null)],
  ]);
}

describe('the numbers of a real run', () => {
  it('are those of summary.json in the CSV file, to the last digit', () => {
    const lines = renderCsv(summary).trim().split('\n').slice(1);
    for (const [label, values] of figuresOfJson()) {
      for (const [i, { arm }] of summary.arms.entries()) {
        const line = lines.find((text) => fieldsOf(text)[1] === label && fieldsOf(text)[2] === arm);
        expect(fieldsOf(line ?? '')[4], `${label}, ${arm}`).toBe(String(values[i] ?? ''));
      }
    }
  });

  it.each([
    ['the terminal', () => renderTerminal(summary), cellsOfTerminal],
    ['the page', () => renderHtml(summary), cellsOfHtml],
    ['Markdown', () => renderMarkdown(summary), cellsOfMarkdown],
  ])('are those of summary.json in %s, rounded', (_, render, cellsOf) => {
    const text = render();
    for (const [label, values] of figuresOfJson()) {
      const cells = cellsOf(text, label);
      for (const [i, value] of values.entries()) {
        const [read, precision] = numberOf(cells[i] ?? '');
        const where = `${label}, ${summary.arms[i]?.arm}: ${cells[i]}`;
        if (value === null) expect(cells[i], where).toBe('–');
        else expect(Math.abs(read - value), where).toBeLessThanOrEqual(precision / 2 + 1e-9 * value);
      }
    }
  });

  it.each([
    ['the CSV file', renderCsv, ['row groups/s', 'failed row groups', 'per million row groups']],
    ['the terminal', renderTerminal, ['row groups/s', '1,000 row groups,', 'per million row groups']],
    ['the page', renderHtml, ['time per row group', 'Cost over the number of row groups']],
    ['Markdown', renderMarkdown, ['row groups/s', '1,000 row groups,', 'per million row groups']],
  ])('are of items, which %s calls as the workload does', (_, render, words) => {
    const text = render({ ...summary, unit: GROUPS });
    for (const word of words) expect(text).toContain(word);
    expect(text).not.toMatch(/images\/s|per million images|images failed/);
  });

  it('give the same sentence and the same digest in all of them', () => {
    const { headline, agreement } = summary;
    expect(renderTerminal(summary).replaceAll('\n', ' ')).toContain(headline);
    expect(renderHtml(summary)).toContain(`<h1>${headline}</h1>`);
    expect(renderMarkdown(summary).replaceAll('\\', '')).toContain(`### ${headline}`);
    expect(agreement.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(renderCsv(summary)).toContain(`Answer,digest,fleet,,${agreement.digest},`);
    for (const text of [renderTerminal(summary), renderHtml(summary), renderMarkdown(summary)]) {
      expect(text).toContain(agreement.digest?.slice(0, 12));
    }
  });
});

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** The number that a text says in the unit of summary.json, and how much its last digit is worth. */
function numberOf(text: string): [value: number, precision: number] {
  const parts = [...text.matchAll(/([\d,]+)(?:\.(\d+))? ?(ms|s|min|h|MiB|GiB)?/g)];
  const read = parts.map(([, whole = '', decimals = '', unit = '']) => ({
    value: Number(`${whole.replaceAll(',', '')}.${decimals || '0'}`) * (UNITS[unit] ?? 1),
    precision: 10 ** -decimals.length * (UNITS[unit] ?? 1),
  }));
  return [read.reduce((sum, { value }) => sum + value, 0), read.at(-1)?.precision ?? Number.NaN];
}

/** The cells of a row, the phases without their parts of the whole. */
function cellsOfTerminal(text: string, label: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`${label}  `)) ?? '';
  return line
    .slice(label.length)
    .trim()
    .split(/ {2,}/)
    .filter((cell) => !cell.endsWith('%'));
}

function cellsOfHtml(text: string, label: string): string[] {
  const row = text
    .split('<tr')
    .find((one) => new RegExp(`<th scope="row">(<span[^>]*></span>)?${label}</th>`).test(one));
  return [...(row ?? '').matchAll(/<td>([^<]*)<\/td>/g)].map(([, cell = '']) => cell);
}

function cellsOfMarkdown(text: string, label: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`| ${label} |`)) ?? '';
  return line
    .split(' | ')
    .slice(1)
    .map((cell) =>
      cell
        .replace(/ [\d.]+ %/, '')
        .replace(/\|$/, '')
        .trim(),
    );
}

/** A line of CSV with quoted fields. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field = '']) =>
    field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
  );
}
