import { beforeAll, describe, expect, it } from 'vitest';
import { layout } from '../../../src/contract/layout.ts';
import { withDatasetRange } from '../../../src/report/dataset-range.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import type { Run } from '../../../src/run/run.ts';
import { answerOf, statisticsIn } from '../../../src/workloads/answers.ts';
import { ProblemLog } from '../../../src/workloads/problems.ts';
import { resolveWorkload } from '../../../src/workloads/schemas.ts';
import { MemoryBucket } from '../aggregate/fixture.ts';
import { type SampleOptions, sampleInput } from './sample.ts';

const SMALL: SampleOptions = { images: 20, batchSize: 10 };
const NORMALISE = resolveWorkload({
  name: 'normalise',
  params: { format: 'jpeg', channels: 'each', statisticsRun: 'r0' },
});
let run: Run;
let summary: Summary;

beforeAll(async () => {
  const input = await sampleInput({ ...SMALL, normalise: true });
  run = { ...input.run, workload: NORMALISE };
  summary = buildSummary(await sampleInput(SMALL));
});

/** The run after it looked at this summary of `r0`, as it is in the bucket. */
function ranged(found: unknown, changes: Partial<Run> = {}): Promise<Run> {
  const bucket = new MemoryBucket();
  if (found !== undefined) bucket.put(layout.summary('r0'), JSON.stringify(found));
  return withDatasetRange({ ...run, ...changes }, bucket);
}

describe('withDatasetRange', () => {
  it('takes the minima and maxima of the dataset', async () => {
    const { workload } = await ranged(summary);
    const levels = (name: 'min' | 'max') =>
      statisticsIn(summary.answer)?.dataset?.channels.map((channel) => channel[name]?.level);
    expect(workload).toEqual({
      name: 'normalise',
      params: { ...NORMALISE.params, range: { min: levels('min'), max: levels('max') } },
    });
  });

  it('has the depth of a dataset with images of 16 bits', async () => {
    const channels = ['red', 'green', 'blue'].map((channel) => ({
      channel,
      ...{
        mean: null,
        std: null,
        min: { level: 700 / 257, unit: 700 / 65_535 },
        max: { level: 255, unit: 1 },
        percentiles: null,
      },
    }));
    const { workload } = await ranged({
      ...summary,
      answer: {
        ...summary.answer,
        dataset: { ...statisticsIn(summary.answer)?.dataset, depth: 16, channels },
      },
    });
    expect(workload.params).toHaveProperty('range', {
      ...{ min: [700, 700, 700], max: [65_535, 65_535, 65_535], depth: 16 },
    });
  });

  it.each(['normalise', 'statistics'] as const)(
    'leaves a run of %s alone that names no other',
    async (name) => {
      const own = { ...run, workload: resolveWorkload({ name }) };
      expect(await withDatasetRange(own, new MemoryBucket())).toBe(own);
    },
  );

  it.each<[string, () => unknown, Partial<Run>, string]>([
    ['a run that is not there', () => undefined, {}, 'it has no summary'],
    ['another prefix', () => summary, { prefix: 'test/' }, 'was over s3://fanfleet-local-data/train/'],
    ['another bucket', () => summary, { bucket: 'mine' }, 'this run is over s3://mine/train/'],
    ['a classification', () => ({ ...summary, answer: classification() }), {}, 'its workload was knn'],
    ['no image', () => ({ ...summary, answer: null }), {}, 'it measured no image'],
    ['a workload without minima', () => withoutMinima(), {}, 'its workload was mean:'],
    ['images whose bits were dropped', () => withDroppedBits(), {}, '2 of its images have 16 bits'],
    ['images that were missing', () => withFailures('OBJECT_MISSING'), {}, '3 of its images'],
    ['images that changed', () => withFailures('OBJECT_CHANGED'), {}, 'have OBJECT_CHANGED'],
  ])('refuses %s', async (_, found, changes, why) => {
    await expect(ranged(found(), changes)).rejects.toThrow(why);
    await expect(ranged(found(), changes)).rejects.toMatchObject({
      code: 'STATISTICS_UNUSABLE',
      source: 'user',
    });
  });

  it.each([
    ['arms that disagree', { disagree: true }, 'its arms gave different answers'],
    ['no arm with an answer', { arms: ['fleet'], fleetFails: true }, 'it measured no image'],
  ] as const)('refuses %s', async (_, options, why) => {
    const other = buildSummary(await sampleInput({ ...SMALL, ...options }));
    await expect(ranged(other)).rejects.toThrow(why);
  });

  it('refuses an answer that is not complete', async () => {
    const arms = summary.rounds.flatMap((round) => round.arms).map((arm) => ({ ...arm, valid: false }));
    await expect(ranged({ ...summary, rounds: [{ round: 0, arms }] })).rejects.toThrow('is not complete');
  });

  it('accepts images that failed for good: they fail again', async () => {
    await expect(ranged(withFailures('DECODE_FAILED'))).resolves.toHaveProperty('workload.params.range');
  });
});

function classification(): Summary['answer'] {
  const source = summary.answer?.source ?? expect.fail('Expected an answer.');
  return { ...answerOf({ name: 'knn', params: { k: 1 } }).finish(new ProblemLog()), source };
}

function withFailures(code: string) {
  return { ...summary, failures: { ...summary.failures, codes: [{ code, count: 3, examples: ['a'] }] } };
}

function withoutMinima(): unknown {
  const answer = statisticsIn(summary.answer);
  const channels = answer?.dataset?.channels.map((channel) => ({ ...channel, min: null, max: null }));
  return {
    ...summary,
    request: {
      ...summary.request,
      workload: resolveWorkload({ name: 'statistics', params: { operation: 'mean' } }),
    },
    answer: { ...answer, dataset: { ...answer?.dataset, channels } },
  };
}

function withDroppedBits(): unknown {
  const rounds = summary.rounds.map((round) => ({
    ...round,
    arms: round.arms.map((arm) => ({ ...arm, droppedBits: 2 })),
  }));
  return { ...summary, rounds };
}
