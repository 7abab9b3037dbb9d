import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../src/report/figures.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { type ArmInput, buildSummary, type SummaryInput } from '../../../src/report/summary.ts';
import { summarySchema } from '../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import { PHASES } from '../../../src/timing/phases.ts';
import { HOSTILE_KEYS, sampleInput } from './sample.ts';

describe('buildSummary', () => {
  it('survives JSON and its own schema', async () => {
    const summary = buildSummary(await sampleInput({ repeats: 2, failHostile: true }));
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
  });

  it('ranks two arms that agree, by their median wall time', async () => {
    // Prepare
    const input = await sampleInput({ repeats: 3 });
    const walls = (arm: string) =>
      input.arms
        .filter(({ times }) => times.arm === arm)
        .map(({ times }) => (times.endedAt ?? 0) - (times.startedAt ?? 0))
        .sort((a, b) => a - b);

    // Act
    const { arms, ranking, agreement, baseline } = buildSummary(input);

    // Assess
    const [serverless, fleet] = [walls('serverless'), walls('fleet')];
    expect(arms.map(({ wallMs }) => wallMs)).toEqual(
      [serverless, fleet].map(([min, median, max]) => ({ min, median, max })),
    );
    expect(agreement).toMatchObject({ equal: true, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(ranking).toMatchObject({ ranked: true, obstacle: null, faster: 'serverless', notes: [] });
    expect(ranking.ratio).toBeCloseTo((fleet[1] ?? 0) / (serverless[1] ?? 1), 12);
    expect(arms[0]?.itemsPerSecond).toBeCloseTo(1000 / ((serverless[1] ?? 0) / 1000), 9);
    expect(baseline?.itemsPerSecond).toBeCloseTo(200 / 3.412, 9);
    expect(arms[0]?.speedup).toBeCloseTo((arms[0]?.itemsPerSecond ?? 0) / (200 / 3.412), 9);
  });

  it('shows the round of the median, whose phases add up to it', async () => {
    const { arms, rounds } = buildSummary(await sampleInput({ repeats: 3 }));
    for (const { arm, wallMs, shownRound } of arms) {
      const shown = rounds.find(({ round }) => round === shownRound)?.arms.find((other) => other.arm === arm);
      expect(shown?.wallMs).toBe(wallMs?.median);
      expect(PHASES.reduce((sum, phase) => sum + (shown?.phases?.[phase] ?? 0), 0)).toBe(shown?.wallMs);
    }
  });

  it('notes that one run does not measure noise', async () => {
    const summary = buildSummary(await sampleInput());
    expect(summary.ranking.notes).toEqual(['One run only: noise was not measured.']);
    expect(summary.remarks).toEqual(summary.ranking.notes);
  });

  it('notes where the rounds of both arms overlap', async () => {
    // Prepare: stretch one serverless round beyond the fastest fleet round
    const input = await sampleInput({ repeats: 3 });
    const stretched = change(input, 'serverless', 2, (arm) => ({
      ...arm,
      aggregate: arm.aggregate && { ...arm.aggregate, timing: { ...arm.aggregate.timing, wallMs: 60_000 } },
    }));

    // Act
    const { ranking } = buildSummary(stretched);

    // Assess
    expect(ranking).toMatchObject({ ranked: true, faster: 'serverless' });
    expect(ranking.notes).toEqual(['The ranges of the rounds overlap: the difference may be noise.']);
  });

  it('does not count failed images into the speed', async () => {
    const summary = buildSummary(await sampleInput({ failHostile: true }));
    const round = summary.rounds[0]?.arms[0];
    expect(round).toMatchObject({ items: 1006, failedItems: 6, bytes: 1000 * 81_300 });
    expect(round?.itemsPerSecond).toBeCloseTo(1000 / ((round?.wallMs ?? 0) / 1000), 9);
    expect(round?.megabytesPerSecond).toBeCloseTo(81.3 / ((round?.wallMs ?? 0) / 1000), 9);
    expect(summary.failures.codes).toMatchObject([
      { code: 'DECODE_FAILED', count: 5 },
      { code: 'OBJECT_MISSING', count: 1, examples: [HOSTILE_KEYS.at(-1)] },
    ]);
    expect(summary.remarks).toContain('6 images of 1,006 could not be measured.');
  });

  it('tells of images of 16 bits of which 8 were measured, in a remark and among the figures', async () => {
    const input = await sampleInput();
    expect(JSON.stringify(figuresOf(buildSummary(input)))).not.toContain('cut to 8 bits');
    const arms = input.arms.map((arm) => ({
      ...arm,
      aggregate: arm.aggregate && { ...arm.aggregate, droppedBits: 1200 },
    }));
    const summary = buildSummary({ ...input, arms });
    expect(summary.rounds[0]?.arms.map(({ droppedBits }) => droppedBits)).toEqual([1200, 1200]);
    expect(summary.remarks).toContain(
      '1,200 images have 16 bits; the low 8 were dropped: `--depth native` keeps them.',
    );
    const { rows } = figuresOf(summary).answer;
    expect(rows.find(({ label }) => label === 'images cut to 8 bits')?.cells).toMatchObject([
      { value: 1200 },
      { value: 1200 },
      {},
    ]);
  });

  it('ranks arms whose rows differ within the tolerance of the workload, and says that of them and no more', async () => {
    const within = 'the same labels, and scores within 12 millionths of each other';
    const tolerated = {
      text: within,
      images:
        'of 3 images the rows are not equal to the byte, as on different kinds of processor (x64 avx; x64 avx avx2)',
    };
    const input = await sampleInput({ disagree: true });
    const summary = buildSummary({ ...input, tolerated });
    expect(summary.agreement).toEqual({
      ...{ equal: true, digest: null, within },
      reason: `Both arms gave ${within}: of 3 images the rows are not equal to the byte, as on different kinds of processor (x64 avx; x64 avx avx2).`,
    });
    expect(summary.ranking.ranked).toBe(true);
    expect(summary.headline).toContain(`both gave ${within}.`);
    const texts = [renderHtml, renderTerminal, renderMarkdown].map((render) => render(summary));
    for (const text of texts.map((each) => each.replaceAll(/\s+/g, ' '))) {
      expect(text).toContain(within);
      expect(text).not.toMatch(/digests are equal|same rows|gave the same answer/);
    }
    // What is equal needs no tolerance.
    const equal = buildSummary({ ...(await sampleInput({})), tolerated });
    expect(equal.agreement).not.toHaveProperty('within');
    expect(equal.agreement.reason).toContain('to the byte');
  });

  it('says that rows near each other must be equal on one kind of processor', async () => {
    const input = await sampleInput({ disagree: true });
    const { agreement, ranking } = buildSummary({ ...input, tolerated: { kind: 'x64 avx avx2' } });
    expect(agreement.reason).toBe(
      'The serverless arm (round 0) and the fleet arm (round 0) gave different rows, near each other, though on one kind of processor (x64 avx avx2), where they must be equal.',
    );
    expect(agreement.equal).toBe(false);
    expect(ranking.obstacle).toBe('digest');
  });

  it('refuses to rank answers that differ', async () => {
    const { agreement, ranking, headline } = buildSummary(await sampleInput({ disagree: true }));
    expect(agreement).toMatchObject({ equal: false, digest: null });
    expect(ranking).toMatchObject({ ranked: false, obstacle: 'digest', faster: null, ratio: null });
    expect(headline).toBe('The answers differ, so the arms are not ranked.');
  });

  it('refuses to rank where an arm failed, and compares nothing', async () => {
    const { agreement, ranking, arms, rounds } = buildSummary(await sampleInput({ fleetFails: true }));
    expect(agreement.equal).toBeNull();
    expect(ranking).toMatchObject({
      ...{ ranked: false, obstacle: 'failed arm' },
      reason: 'The fleet arm (round 0) failed.',
    });
    expect(arms[1]).toMatchObject({
      arm: 'fleet',
      succeeded: 0,
      wallMs: null,
      itemsPerSecond: null,
      speedup: null,
    });
    expect(rounds[0]?.arms[1]).toMatchObject({ wallMs: 301_200, phases: null, digest: null, fleet: null });
  });

  it('says of a failed arm what was done, what is missing, and how to go on', async () => {
    const { remarks } = buildSummary(
      change(await sampleInput({ fleetFails: true }), 'fleet', 0, (arm) => ({
        ...arm,
        aggregate: arm.aggregate && {
          ...arm.aggregate,
          problems: [{ code: 'BATCH_MISSING', message: 'm', count: 8, examples: ['12'] }],
        },
      })),
    );
    expect(remarks[1]).toMatch(
      /^The fleet arm did 12 of 20 batches; `fanfleet run --resume \S+` does only what is missing\.$/,
    );
  });

  it('says nothing of phases and workers where no span does', async () => {
    const { rounds, failures } = buildSummary(await sampleInput({ arms: ['fleet'], fleetFails: true }));
    expect(rounds[0]?.arms[0]).toMatchObject({
      wallMs: 301_200,
      phases: null,
      peakConcurrency: null,
      work: null,
      problems: [{ code: 'BATCH_MISSING' }, { code: 'KEY_LOST' }],
    });
    expect(failures.source).toBeNull();
  });

  it('refuses to rank an answer that is not valid, even if the digests are equal', async () => {
    const input = change(await sampleInput(), 'fleet', 0, (arm) => ({
      ...arm,
      aggregate: arm.aggregate && {
        ...arm.aggregate,
        valid: false,
        problems: [{ code: 'ROW_INCONSISTENT', message: 'm', count: 1, examples: ['x'] }],
      },
    }));
    const { agreement, ranking, arms } = buildSummary(input);
    expect(agreement.equal).toBe(true);
    expect(ranking).toMatchObject({
      ranked: false,
      obstacle: 'not valid',
      reason: 'The answer of the fleet arm (round 0) is not valid (ROW_INCONSISTENT).',
    });
    expect(arms[1]?.wallMs).toBeNull();
  });

  it('refuses to rank arms that shared their cores', async () => {
    const input = await sampleInput({ schedule: 'parallel' });
    expect(buildSummary(input)).toMatchObject({
      contended: true,
      ranking: { ranked: false, obstacle: 'contention' },
      agreement: { equal: true },
    });
    const inAws = { ...input, environment: { ...input.environment, offline: false } };
    expect(buildSummary(inAws)).toMatchObject({ contended: false, ranking: { ranked: true } });
  });

  it('does not rank a resumed run, whose rows are whole', async () => {
    // Prepare
    const input = change(await sampleInput(), 'fleet', 0, (arm) => ({
      ...arm,
      aggregate: arm.aggregate && { ...arm.aggregate, batchesTakenOver: 12 },
    }));
    const resumed = { runId: 'earlier', batches: 12, inputs: false, finished: [] };

    // Act
    const { agreement, ranking, arms, rounds, remarks, headline } = buildSummary({
      ...input,
      plan: { ...input.plan, resumed },
    });

    // Assess
    expect(agreement.equal).toBe(true);
    expect(ranking).toMatchObject({ ranked: false, obstacle: 'resumed', faster: null, ratio: null });
    expect(remarks).toEqual([
      'Not comparable: resumed. An earlier run did some or all batches of the fleet arm (round 0).',
      'Resumed: 12 of 40 batches were taken over from the run earlier; times are those of the rest.',
    ]);
    expect(headline).toBe('Both arms gave the same answer, but are not ranked.');
    expect(arms.map(({ itemsPerSecond }) => itemsPerSecond === null)).toEqual([false, true]);
    expect(rounds[0]?.arms[1]).toMatchObject({ batchesTakenOver: 12, itemsPerSecond: null });
  });

  it('says of a single arm that it was resumed', async () => {
    const input = await sampleInput({ arms: ['fleet'] });
    const plan = { ...input.plan, resumed: { runId: 'earlier', batches: 3, inputs: false, finished: [] } };
    const { headline, remarks } = buildSummary({ ...input, plan });
    expect(headline).toBe('The fleet arm finished the answer of an earlier run.');
    expect(remarks.join(' ')).toContain('3 of 20 batches were taken over from the run earlier');
  });

  it('has nothing to compare with one arm', async () => {
    const summary = buildSummary(await sampleInput({ arms: ['fleet'], baseline: false }));
    expect(summary.agreement).toMatchObject({ equal: null });
    expect(summary.ranking).toMatchObject({ ranked: false, obstacle: 'nothing to compare' });
    expect(summary.arms).toMatchObject([{ arm: 'fleet', speedup: null }]);
    expect(summary.headline).toMatch(/^The fleet arm took \d+\.\d s for 1,000 images\.$/);
  });

  it('does not take two empty answers for equal', async () => {
    const input = await sampleInput();
    const emptied = ['serverless', 'fleet'].reduce(
      (all, arm) =>
        change(all, arm, 0, (one) => ({
          ...one,
          aggregate: one.aggregate && { ...one.aggregate, items: 0 },
        })),
      input,
    );
    expect(buildSummary(emptied)).toMatchObject({ agreement: { equal: null }, ranking: { ranked: false } });
  });

  it('survives a run in which nothing could be read', async () => {
    const input = await sampleInput();
    const lost = {
      ...input,
      arms: input.arms.map(({ times }) => ({
        times: { ...times, status: 'failed' as const },
        aggregate: null,
        fleet: null,
        hosts: [],
      })),
    };
    expect(buildSummary(lost)).toMatchObject({
      headline: 'No arm finished with a valid answer.',
      answer: null,
      failures: { source: null, codes: [] },
      timelines: [],
    });
  });

  it('tells what each host of the fleet used while the engine ran, and what it does not know', async () => {
    const { rounds } = buildSummary(await sampleInput());
    const [serverless, fleet] = rounds[0]?.arms ?? [];
    const [head, worker, killed] = fleet?.hosts ?? [];
    expect(serverless?.hosts).toEqual([]);
    expect(head).toMatchObject({ role: 'head', states: [], utilisation: { cpuMean: 0.05, cpuPeak: 0.05 } });
    expect(worker).toMatchObject({ role: 'worker', address: '127.0.0.12', states: [{ state: 'ALIVE' }] });
    expect(worker?.utilisation).toMatchObject({ cpus: 2, cpuMean: 0.75, memoryPeakBytes: 2 ** 29 });
    expect(worker?.utilisation?.cpuOverTime.every((part) => part === 0.75)).toBe(true);
    expect(killed).toMatchObject({
      utilisation: null,
      states: [{ state: 'ALIVE' }, { state: 'DEAD' }],
    });
  });

  it('drops the skipped half of a sequential pass', async () => {
    const input = await sampleInput();
    const skipped: ArmInput = {
      times: { arm: 'fleet', round: 0, status: 'skipped', startedAt: null, endedAt: null, error: null },
      aggregate: null,
      fleet: null,
      hosts: [],
    };
    const summary = buildSummary({ ...input, arms: [skipped, ...input.arms] });
    expect(summary).toEqual(buildSummary(input));
  });
});

function change(
  input: SummaryInput,
  arm: string,
  round: number,
  by: (arm: ArmInput) => ArmInput,
): SummaryInput {
  return {
    ...input,
    arms: input.arms.map((one) => (one.times.arm === arm && one.times.round === round ? by(one) : one)),
  };
}
