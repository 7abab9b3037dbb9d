import { expect, it } from 'vitest';
import { readPrices } from '../../../src/prices/prices.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import { sampleInput } from './sample.ts';

it('has the bill of what was used, with the prices that it is given', async () => {
  const input = await sampleInput();
  const instances = [
    {
      ...{ instanceId: 'i-1', role: 'head' as const, type: 't3.medium', market: 'on-demand' as const },
      ...{ launchedAt: input.run.startedAt, endedAt: input.run.startedAt + 3_600_000 },
    },
  ];
  const arms = input.arms.map((arm) => (arm.times.arm === 'fleet' ? { ...arm, instances } : arm));
  const { cost, remarks, rounds } = buildSummary({ ...input, arms, prices: readPrices('us-east-1') });
  expect(cost?.arms.map(({ arm }) => arm)).toEqual(['serverless', 'fleet']);
  const head = cost?.arms[1]?.bill.lines.find(({ item }) => item === 't3.medium, head, On-Demand');
  expect(head).toMatchObject({ quantity: 1, usd: 0.0416 });
  expect(rounds[0]?.arms[1]?.instances).toEqual(instances);
  expect(remarks.join(' ')).not.toContain('bill');
});

it('says so where there are no prices of the region', async () => {
  const input = await sampleInput();
  const { cost, remarks } = buildSummary({ ...input, prices: null });
  expect(cost).toBeNull();
  expect(remarks.at(-1)).toContain(`there are no prices of ${input.environment.region}`);
});
