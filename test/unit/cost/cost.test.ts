import { describe, expect, it } from 'vitest';
import type { RunFacts } from '../../../src/aggregate/run-facts.ts';
import { costOf } from '../../../src/cost/cost.ts';
import { fleetUsage } from '../../../src/cost/fleet-usage.ts';
import { serverlessUsage } from '../../../src/cost/serverless-usage.ts';
import { type Prices, readPrices } from '../../../src/prices/prices.ts';
import type { WorkloadName } from '../../../src/workloads/names.ts';
import { resolveWorkload } from '../../../src/workloads/schemas.ts';
import { armOf, changed, realRun } from './runs.ts';

const prices = readPrices('us-east-1');
const NOW = Date.parse('2026-11-21');
const run = realRun();
const costOn = (facts: RunFacts, day: string, use: Prices = prices) =>
  costOf(facts, use, Date.parse(day)).cost;

describe('costOf', () => {
  it('says how old the prices are, and that old ones are stale', () => {
    expect(costOn(run, '2026-11-30')?.prices).toMatchObject({
      date: '2026-09-01',
      ageDays: 90,
      stale: false,
    });
    const late = costOn(run, '2026-12-01');
    expect(late?.prices).toMatchObject({ ageDays: 91, stale: true });
    expect(late?.notes[0]).toContain('fanfleet prices refresh');
  });

  it('says who pays for the requests where it is not the owner of the bucket', () => {
    const note = 'This account pays for the requests to the bucket of the images, as the requester.';
    const requested = (requesterPays: boolean) =>
      costOn({ ...run, request: { ...run.request, requesterPays } }, '2026-11-30')?.notes;
    expect(requested(true)).toContain(note);
    expect(requested(false)).not.toContain(note);
  });

  it('bills an arm by its median round, and all rounds as the comparison', () => {
    // Prepare: three rounds of the serverless arm, of which the second took three times as long, the third twice
    const arms = [1, 3, 2].map((times) => {
      const round = armOf(run, 'serverless');
      const work = round.work && { ...round.work, billedMs: round.work.billedMs * times };
      return { ...round, round: times, work };
    });
    const repeated: RunFacts = {
      ...run,
      request: { ...run.request, arms: ['serverless'] },
      rounds: arms.map((round) => ({ round: round.round, arms: [round] })),
    };

    // Act
    const cost = costOn(repeated, '2026-11-21');

    // Assess
    const duration = (lines: readonly { item: string; quantity: number }[] | undefined) =>
      lines?.find(({ item }) => item.includes('1769 MB'))?.quantity ?? 0;
    const gbSeconds = (1769 / 1024) * 0.685;
    expect(duration(cost?.arms[0]?.bill.lines)).toBeCloseTo(2 * gbSeconds, 9);
    expect(duration(cost?.comparison.lines)).toBeGreaterThan(6 * gbSeconds);
    expect(cost?.comparison.usd).toBeGreaterThan(3 * (cost?.arms[0]?.usd ?? 0) * 0.9);
  });

  it('bills a fleet that was not needed without an instance, and no request of one', () => {
    const unbooted = changed(run, 'fleet', (round) => ({
      ...round,
      fleet: null,
      instances: [],
      use: null,
      work: null,
    }));
    const lines = (facts: RunFacts) =>
      costOn(facts, '2026-11-21')?.arms.find(({ arm }) => arm === 'fleet')?.bill.lines ?? [];
    const services = (facts: RunFacts) => new Set(lines(facts).map(({ service }) => service));
    expect(services(run)).toContain('ec2');
    expect(services(unbooted)).not.toContain('ec2');
    expect(lines(unbooted).find(({ item }) => item === 'PUT')?.quantity).toBe(1);
    expect(lines(unbooted).reduce((sum, { usd }) => sum + usd, 0)).toBeLessThan(0.001);
  });

  it('leaves out an arm that cannot be billed, and says why', () => {
    const noLives = changed(run, 'fleet', (round) => ({ ...round, instances: null }));
    const cost = costOn(noLives, '2026-11-21');
    expect(cost?.arms.map(({ arm }) => arm)).toEqual(['serverless']);
    expect(cost?.notes).toContain(
      'The fleet arm of round 0 has no bill: nothing tells how long its instances ran.',
    );
  });

  it('names the type that has no price, and what to do', () => {
    const strange = changed(run, 'fleet', (round) => ({
      ...round,
      instances: round.instances?.map((life) => ({ ...life, type: 'x9.huge' })) ?? null,
    }));
    const { cost } = costOf(strange, prices, NOW);
    expect(cost?.arms).toHaveLength(1);
    expect(cost?.notes.join(' ')).toContain('fanfleet prices refresh --region us-east-1 --types x9.huge');
  });

  it('has no bill but a remark where there are no prices, or nothing was used', () => {
    expect(costOf(run, null, NOW)).toEqual({
      cost: null,
      remarks: [expect.stringContaining('there are no prices of us-east-1')],
    });
    const empty = { ...run, rounds: run.rounds.map((each) => ({ ...each, arms: each.arms.slice(0, 1) })) };
    const nothing = changed(empty, 'serverless', (round) => ({ ...round, work: null, use: null }));
    expect(costOf(nothing, prices, NOW)).toEqual({
      cost: null,
      remarks: ['The serverless arm of round 0 has no bill: it left no spans.'],
    });
  });

  it('does not tell of a million images what a part of a run took', () => {
    const resumed = changed(run, 'serverless', (round) => ({ ...round, batchesTakenOver: 4 }));
    expect(costOn(resumed, '2026-11-21')?.arms[0]?.usdPerMillionItems).toBeNull();
  });

  it('bills Spot at the price of history, and at most as On-Demand where there is none', () => {
    const spot = changed(run, 'fleet', (round) => ({
      ...round,
      instances: round.instances?.map((life) => ({ ...life, market: 'spot' as const })) ?? null,
    }));
    const known = prices.instances['t3.medium'];
    if (known === undefined) throw new Error('Expected a price of t3.medium.');
    const history = { hour: 0.0125, date: '2026-11-20' };
    const withSpot = { ...prices, instances: { 't3.medium': { ...known, spot: history } } };
    const ec2 = (use: Prices) =>
      costOn(spot, '2026-11-21', use)?.arms[1]?.bill.lines.find(({ item }) => item.includes('head'));
    expect(ec2(prices)).toMatchObject({ item: 't3.medium, head, Spot at most', unitPrice: 0.0416 });
    expect(ec2(withSpot)).toMatchObject({ item: 't3.medium, head, Spot of 2026-11-20', unitPrice: 0.0125 });
  });
});

describe('serverlessUsage', () => {
  it('of more images has as many cold starts as environments', () => {
    const cold = changed(run, 'serverless', (round) => ({
      ...round,
      work: round.work && { ...round.work, billedMs: 1085, coldStarts: 2, coldStartMs: 400 },
    }));
    const many = { ...cold, request: { ...cold.request, concurrency: 1000 } };
    // 685 ms of work x 5,000, and 1,000 times 200 ms
    expect(serverlessUsage(many, armOf(many, 'serverless'), 1e6)?.billedMs).toBeCloseTo(
      3_425_000 + 200_000,
      6,
    );
    expect(serverlessUsage(many, armOf(many, 'serverless'))?.billedMs).toBe(1085);
  });

  it('counts the files that a workload writes', () => {
    const with_ = (name: WorkloadName) => {
      const workload = resolveWorkload({ name });
      const facts = { ...run, request: { ...run.request, workload } };
      return serverlessUsage(facts, armOf(facts, 'serverless'))?.s3.puts;
    };
    expect([with_('statistics'), with_('histogram'), with_('normalise')]).toEqual([18, 26, 218]);
  });
});

describe('fleetUsage', () => {
  it('of more images has the same boot and more work, at the load that was measured', () => {
    const busy = changed(run, 'fleet', (round) => ({
      ...round,
      hosts: round.hosts.map((host) => ({
        ...host,
        utilisation: {
          ...{ samples: 5, cpus: 2, cpuMean: 0.75, cpuPeak: 1, memoryPeakBytes: 1, memoryLimitBytes: 2 },
          ...{ receivedBytes: null, sentBytes: null, memoryOverTime: [] },
          cpuOverTime: new Array(60).fill(null),
        },
      })),
    }));
    const [head] = fleetUsage(busy, armOf(busy, 'fleet'), prices, 1e6)?.instances ?? [];
    const moreMs = 1066 * 4999;
    expect(head?.runningMs).toBe(24_533 + moreMs);
    expect(head?.cpuMs).toBeCloseTo(28_946.175 + moreMs * 1.5, 3);
  });

  it('bills no surplus credits of a host that told nothing', () => {
    const silent = changed(run, 'fleet', (round) => ({ ...round, hosts: [] }));
    const cost = costOn(silent, '2026-11-21');
    expect(cost?.arms[1]?.bill.lines.some(({ item }) => item === 'surplus credits')).toBe(false);
  });
});
