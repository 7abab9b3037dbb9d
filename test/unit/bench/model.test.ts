import { describe, expect, it } from 'vitest';
import { turnsOf } from '../../../bench/model/runs.ts';
import { validationTable } from '../../../bench/model/table.ts';
import { validate } from '../../../bench/model/validation.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import { sampleInput } from '../report/sample.ts';

const PRICES = readPrices('us-east-1');
const runOf = async (images: number) => buildSummary(await sampleInput({ images, batchSize: 10 }));

describe('turnsOf', () => {
  it('does every size with every batch size in a round before the next round', () => {
    const request = { arms: ['serverless' as const] };
    const turns = turnsOf({ sizes: [1, 2], batchSizes: [3, 4], rounds: 2, request });
    expect(turns).toHaveLength(8);
    expect(turns.map(({ round }) => round)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(new Set(turns.map((turn) => JSON.stringify(turn))).size).toBe(8);
  });
});

describe('validate', () => {
  it('predicts every point by the run of one of them, for each arm', async () => {
    const runs = [await runOf(100), await runOf(400)];
    const items = runs[1]?.plan.items ?? 0;
    const compared = validate(runs, { items, batchSize: 10 }, PRICES);
    expect(compared.map(({ arm, calibrated }) => [arm, calibrated])).toEqual([
      ['fleet', false],
      ['fleet', true],
      ['serverless', false],
      ['serverless', true],
    ]);
    for (const { predictedMs, measuredMs, deviation } of compared) {
      expect(deviation).toBeCloseTo(predictedMs / measuredMs - 1, 9);
    }
    const table = validationTable(compared, runs);
    expect(table.split('\n').filter((line) => line.startsWith('| serverless'))).toHaveLength(2);
    expect(table).toContain('(calibrated on it)');
  });

  it('wants a run to take the figures from', async () => {
    const runs = [await runOf(100)];
    expect(() => validate(runs, { items: 7, batchSize: 10 }, PRICES)).toThrow(
      'with 7 images in batches of 10',
    );
  });
});
