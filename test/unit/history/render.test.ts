import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { judgeHistory } from '../../../src/history/judge.ts';
import type { History } from '../../../src/history/night.ts';
import { historyHtml, historyMarkdown, historySvg } from '../../../src/history/render.ts';
import { sparkline } from '../../../src/history/sparkline.ts';
import { historyTable } from '../../../src/history/table.ts';
import { failedNight, LEARNT, night, nightsOf, resetAfter } from './nights.ts';

const judged = (history: Partial<History>) =>
  judgeHistory({ name: 'nightly', nights: [], resets: [], ...history });
const regression = judged({
  nights: [...nightsOf([...LEARNT, 10, 11.5]), failedNight(12), ...nightsOf([11.5, 11.5], 13)],
  resets: [resetAfter(1)],
});
const HOSTILE = '<script>alert(1)</script> | **x**\u001b[31m';
const hostile = judged({
  nights: [night(0, 10, { status: 'failed', error: { code: 'X', message: HOSTILE } }), night(1, 10)],
  resets: [resetAfter(5, HOSTILE)],
});

describe('the table', () => {
  it('has a row for each night and each reset, with its figures', () => {
    const { columns, rows } = historyTable(regression, 60);
    expect(columns).toEqual([
      'night',
      'run',
      'serverless time',
      'serverless cost',
      'to baseline',
      'state',
      '',
    ]);
    expect(rows).toHaveLength(16);
    expect(rows[2]).toEqual(['2026-09-02 04:00', '', '', '', '', 'reset', 'ada@host: a larger dataset']);
    expect(rows.at(-3)).toEqual([
      ...['2026-09-13 03:00', 'run-12', '–', '–', '–', 'failed'],
      'ArmFailed: fleet, round 0: BootFailed',
    ]);
    expect(rows.at(-1)?.slice(0, 6)).toEqual([
      ...['2026-09-15 03:00', 'run-14', '11.5 s', '$0.0115', '1.15x', 'regression'],
    ]);
  });

  it('has the last nights only, if asked for fewer', () => {
    expect(historyTable(regression, 3).rows.map(([, run]) => run)).toEqual(['run-12', 'run-13', 'run-14']);
  });
});

describe.each([
  ['Markdown', historyMarkdown],
  ['HTML', historyHtml],
])('%s', (_, render) => {
  it('has every figure of the table', () => {
    const text = render(regression);
    for (const cell of historyTable(regression, 60).rows.flat())
      expect(text).toContain(cell.replaceAll('_', '\\_'));
    expect(text).toContain('Regression: serverless time is 1.15 times the accepted baseline');
  });

  it('shows what others wrote as text', () => {
    const text = render(hostile);
    expect(text).not.toContain('<script>');
    expect(text).not.toContain('\u001b');
  });

  it('is made without nights, too', () => {
    expect(render(judged({}))).toContain('has no nights yet');
  });
});

describe('the Markdown table', () => {
  it('has as many cells in each row, whatever others wrote', () => {
    const lines = historyMarkdown(hostile)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(new Set(lines.map((line) => line.match(/(?<!\\)\|/g)?.length))).toEqual(new Set([8]));
    expect(lines.at(-1)).toContain('\\| \\*\\*x\\*\\*');
  });
});

describe('the page', () => {
  it('needs nothing from elsewhere and allows no script', () => {
    const page = historyHtml(regression);
    expect(page).toContain("default-src 'none'; style-src 'sha256-");
    expect(page).not.toMatch(/\s(?:src|href|style|on\w+)=/);
  });
});

describe('the picture', () => {
  it('is XML, also without nights and with one', () => {
    for (const history of [regression, hostile, judged({}), judged({ nights: nightsOf([10]) })]) {
      const svg = historySvg(history);
      expect(XMLValidator.validate(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('has a mark for each night, by its state, and says what it shows', () => {
    const svg = historySvg(regression);
    const count = (mark: string) => svg.split(mark).length - 1;
    expect(count('class="name"')).toBe(2);
    expect(count('class="point regression"')).toBe(2);
    expect(count('class="missing"')).toBe(2);
    expect(count('class="reset"')).toBe(2);
    expect(svg).toContain('<title>2026-09-15: 11.5 s, regression</title>');
    expect(svg).toContain('role="img"');
  });
});

describe('sparkline', () => {
  it('goes from the least to the highest, with gaps', () => {
    expect(sparkline([1, 2, null, 8])).toBe('▁▂·█');
    expect(sparkline([5, 5])).toBe('▅▅');
    expect(sparkline([])).toBe('');
    expect(sparkline([null])).toBe('·');
  });
});
