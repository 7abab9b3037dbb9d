import { beforeAll, describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import { sampleInput } from './sample.ts';

let page: string;

beforeAll(async () => {
  page = renderMarkdown(buildSummary(await sampleInput({ failHostile: true, fleetFails: true })));
});

describe('renderMarkdown', () => {
  it('begins with the outcome and says what it is not', () => {
    expect(page.startsWith('### Not ranked: only the serverless arm gave a valid answer')).toBe(true);
    expect(page).toContain('**Not compared.**');
    expect(page).toContain('Cost: not known.');
  });

  it('has tables of as many cells as they have columns', () => {
    const lines = page.split('\n').filter((line) => line.startsWith('|'));
    const cells = lines.map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(new Set(cells)).toEqual(new Set([6, 5]));
    expect(lines.length).toBeGreaterThan(20);
  });

  it('shows hostile keys as code, in one line each', () => {
    expect(page).toContain('`train/<script>alert(1)</script>.jpg`');
    expect(page).toContain("`train/it's & <b>bold</b>.jpg`");
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
    expect(page.match(/^- DECODE\\?_FAILED/gm)).toHaveLength(1);
  });

  it('lets no message begin a tag, a mention or a list', async () => {
    const input = await sampleInput({ fleetFails: true });
    const evil = '<img src=x> @everyone `code` **bold** [a](b)\n# title | cell';
    const infected = buildSummary({
      ...input,
      arms: input.arms.map((arm) => ({
        ...arm,
        times: { ...arm.times, error: { code: 'a``b', message: evil }, status: 'failed' as const },
      })),
    });
    const text = renderMarkdown(infected);
    expect(text).not.toMatch(/<img|@everyone|^# title|\*\*bold/m);
    expect(text).toContain('``` a``b ```');
  });
});
