import { describe, expect, it } from 'vitest';
import { adviceOfRun } from '../../../src/advice/run-advice.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { escapeText } from '../../../src/report/markup.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import { sampleInput } from './sample.ts';

const prices = readPrices('us-east-1');

describe('the advice of a run', () => {
  it('rests on the run, and is in every form of the report', async () => {
    const input = await sampleInput();
    const summary = buildSummary({ ...input, prices });
    const { advice } = summary;
    if (advice === null) throw new Error('Expected an advice.');
    expect(advice).toMatchObject({
      strategy: 'balanced',
      weight: 0.5,
      workload: { items: 1000, workload: 'statistics' },
    });
    expect(advice.calibration).toContain(`time of an image by run ${summary.runId}`);
    expect(renderHtml(summary)).toContain(`<b>${escapeText(advice.sentence)}</b>`);
    expect(renderMarkdown(summary)).toContain('**Advice.** For 1,000 images of 81.3 kB take ');
    expect(renderTerminal(summary).replaceAll(/\s+/g, ' ')).toContain(advice.sentence);
  });

  it('heeds what the run was asked with', async () => {
    const input = await sampleInput();
    const asked = { strategy: 'cost', budgetUsd: 3 } as const;
    const { advice, ...summary } = buildSummary({ ...input, run: { ...input.run, advice: asked }, prices });
    expect(advice).toMatchObject({ strategy: 'cost', weight: 0.99, budgetUsd: 3, deadlineSeconds: null });
    expect(advice).toEqual(adviceOfRun(summary, prices, asked));
  });

  it('is none where one arm was not measured, and the page says why', async () => {
    const input = await sampleInput({ fleetFails: true });
    const failed = buildSummary({ ...input, prices });
    expect(failed.advice).toBeNull();
    expect(renderHtml(failed)).toContain('None: not both arms were measured');
    const alone = buildSummary({ ...(await sampleInput({ arms: ['serverless'] })), prices });
    expect(renderHtml(alone)).toContain('None: only one arm was to run');
    expect(renderMarkdown(alone)).not.toContain('Advice');
  });

  it('is none where an earlier run did a part of both arms, whose times are not those of the job', async () => {
    const input = await sampleInput();
    const arms = input.arms.map((arm) => ({
      ...arm,
      aggregate: arm.aggregate && { ...arm.aggregate, batchesTakenOver: 12 },
    }));
    const resumed = buildSummary({ ...input, arms, prices });
    expect(resumed).toMatchObject({ curves: null, advice: null });
  });
});
