import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { duration } from '../../../src/format.ts';
import { stageLimit } from '../../../src/report/charts/stage-columns.ts';
import { renderCsv } from '../../../src/report/csv.ts';
import { figuresOf } from '../../../src/report/figures.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { stageTimes, totalMs } from '../../../src/report/stage-times.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import { sampleInput } from './sample.ts';
import { type StagedOptions, stagedInput, stageMs } from './staged.ts';

const staged = async (options: StagedOptions = {}) => buildSummary(await stagedInput(options));
const armsOf = ({ rounds }: Summary) => rounds[0]?.arms ?? [];

let summary: Summary;
beforeAll(async () => {
  summary = await staged({ stages: 12 });
});

describe('stageTimes', () => {
  it('divides a stage into its map, its reduce and what lies between', () => {
    for (const { arm, stages } of armsOf(summary)) {
      const wanted = stages.map(({ stage }) => {
        const { map, before, reduce, after } = stageMs(arm, stage);
        return { stage, mapMs: map, reduceMs: reduce, betweenMs: before + (stage === 11 ? 0 : after) };
      });
      expect(stageTimes(stages)).toEqual(wanted);
    }
  });

  it('adds up to the overhead of the round', () => {
    for (const { stages, overhead } of armsOf(summary)) {
      const sum = (of: 'reduceMs' | 'betweenMs') =>
        stageTimes(stages).reduce((total, times) => total + (times[of] ?? 0), 0);
      expect([overhead?.reduce, overhead?.betweenStages]).toEqual([sum('reduceMs'), sum('betweenMs')]);
    }
  });

  it('does not know of a stage that was not reduced what came after its map, nor anything of one that an earlier run did', async () => {
    const [serverless] = armsOf(await staged({ unfinished: true }));
    expect(stageTimes(serverless?.stages ?? []).at(-1)).toMatchObject({
      ...{ stage: 2, mapMs: 314 },
      ...{ reduceMs: null, betweenMs: null },
    });
    const [first, ...others] = serverless?.stages ?? [];
    const none = { startedAt: null, mapEndedAt: null, reducedAt: null, reduceMs: null, reduceCpuMs: null };
    const earlier = first === undefined ? [] : [{ ...first, ...none }];
    expect(stageTimes([...earlier, ...others]).map(({ stage }) => stage)).toEqual([1, 2]);
  });
});

describe('remarks on a run with several stages', () => {
  it('count the batches of all stages where some were taken over', async () => {
    const input = await stagedInput();
    const resumed = { runId: 'earlier', batches: 10, inputs: true, finished: [] };
    const arms = input.arms.map((arm) => ({
      ...arm,
      aggregate: arm.aggregate && { ...arm.aggregate, batchesTakenOver: 5 },
    }));
    const { remarks } = buildSummary({ ...input, arms, plan: { ...input.plan, resumed } });
    expect(remarks.join(' ')).toContain('Resumed: 10 of 24 batches were taken over from the run earlier');
  });

  it('say how far an arm came that did not finish, and how to go on', async () => {
    const { remarks, runId } = await staged({ unfinished: true });
    expect(remarks).toContain(
      `The fleet arm did 2 stages to the end; \`fanfleet run --resume ${runId}\` goes on from there.`,
    );
  });
});

describe('stageLimit', () => {
  const times = (mapMs: number) => ({ stage: 0, mapMs, reduceMs: 0, betweenMs: null });

  it('ends at the longest stage, or at three times the longest of the others where the first would dwarf them', () => {
    const ms = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(ms, fc.array(ms, { minLength: 1 }), (first, others) => {
        const limit = stageLimit([first, ...others].map(times));
        const longest = Math.max(...others);
        expect(limit).toBe(first > 3 * longest ? 3 * longest : Math.max(first, longest));
      }),
    );
    expect(stageLimit([times(700)])).toBe(700);
    expect(stageLimit([times(700), times(0)])).toBe(700);
  });
});

describe('the report of a run with several stages', () => {
  it('has how many they are, and what was neither map nor reduce, in the table of arms of every form', () => {
    const { stages } = figuresOf(summary);
    const between = armsOf(summary).map(({ overhead }) => overhead?.betweenStages ?? 0);
    const cells = Object.fromEntries(stages.rows.map(({ label, cells: own }) => [label, own]));
    expect(cells.stages?.map(({ value }) => value)).toEqual([12, 12]);
    expect(cells['orchestration between']?.map(({ value }) => value)).toEqual(between);
    const told = between.map(duration);
    expect(renderMarkdown(summary)).toContain(`| orchestration between | ${told.join(' | ')} |`);
    expect(renderTerminal(summary)).toMatch(new RegExp(`^orchestration between +${told.join(' +')}$`, 'm'));
    expect(renderCsv(summary)).toContain(`Stages,orchestration between,fleet,,${between[1]},ms\n`);
  });

  it('draws a column for each stage, and cuts off a first one that loads the images', () => {
    const page = stagesOf(renderHtml(summary));
    expect(page.match(/<g><title>stage \d+: map /g)).toHaveLength(24);
    expect(page).toContain('<title>stage 1: map 277 ms, reduce 77 ms, between 600 ms</title>');
    expect(page.match(/<line class="cut"/g)).toHaveLength(2);
    // The reduce of one that is cut off, and what lies behind it, would be above the picture.
    const drawn = ['st-map', 'st-reduce', 'st-between'].map(
      (kind) => page.match(new RegExp(`<rect class="${kind}"`, 'g'))?.length,
    );
    expect(drawn).toEqual([24, 22, 22]);
    expect(page.match(/<details open>/g)).toHaveLength(2);
  });

  it('keeps each column on the picture, and the parts of it one on the other', async () => {
    const page = stagesOf(renderHtml(await staged({ stages: 30 })));
    expect(page.match(/<details>/g)).toHaveLength(2);
    for (const [, column = ''] of page.matchAll(/<g><title>[^<]*<\/title>(.*?)<\/g>/gs)) {
      const places = [...column.matchAll(/ y="([\d.]+)" width="[\d.]+%" height="([\d.]+)"/g)];
      const [tops, heights] = [1, 2].map((group) => places.map((place) => Number(place[group])));
      for (const [i, top] of (tops ?? []).entries()) {
        expect(top).toBeGreaterThanOrEqual(20);
        const bottom = i === 0 ? 168 : Number(tops?.[i - 1]);
        expect(top + Number(heights?.[i])).toBeCloseTo(bottom);
      }
    }
  });

  it('shows that of a single stage, and says what is not known', async () => {
    const [single, unfinished] = [await staged({ stages: 1 }), await staged({ unfinished: true })];
    const page = stagesOf(renderHtml(single));
    expect(page).toContain('<title>stage 0: map 5.2 s, reduce 60 ms, between 180 ms</title>');
    expect(page).not.toContain('class="cut"');
    expect(stagesOf(renderHtml(unfinished))).toContain(
      '<th scope="row">2</th><td>314 ms</td><td>–</td><td>–</td>',
    );
  });

  it('gives arms that are far apart their own axes, and says so', () => {
    const [serverless, fleet] = armsOf(summary);
    if (serverless === undefined || fleet === undefined) throw new Error('no arms');
    const slow = serverless.stages.map((stage, i) => ({
      ...stage,
      startedAt: (stage.startedAt ?? 0) + 50_000 * i,
      mapEndedAt: (stage.mapEndedAt ?? 0) + 50_000 * i + 9_000,
      reducedAt: (stage.reducedAt ?? 0) + 50_000 * i + 9_000,
    }));
    const rounds = [{ round: 0, arms: [{ ...serverless, stages: slow }, fleet] }];
    expect(stagesOf(renderHtml({ ...summary, rounds }))).toContain('Each arm has its own time axis.');
    expect(stagesOf(renderHtml(summary))).not.toContain('its own time axis');
    expect(totalMs({ stage: 0, mapMs: 1, reduceMs: null, betweenMs: 3 })).toBe(4);
  });

  it('says nothing of stages where there is a single map', async () => {
    const single = buildSummary(await sampleInput({ images: 10 }));
    for (const text of [renderHtml, renderTerminal, renderMarkdown, renderCsv].map((render) =>
      render(single),
    )) {
      expect(text).not.toMatch(/stages|orchestration/i);
    }
  });
});

function stagesOf(page: string): string {
  return /<section><h2>Stages<\/h2>.*?<\/section>/s.exec(page)?.[0] ?? '';
}
