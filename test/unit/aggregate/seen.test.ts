import { describe, expect, it } from 'vitest';
import { SeenReader } from '../../../src/aggregate/seen.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import { ProblemLog } from '../../../src/workloads/problems.ts';
import { MemoryBucket } from './fixture.ts';

const RUN = 'run-1';
const START = Date.UTC(2026, 0, 31, 12);
const at = (ms: number) => new Date(START + ms).toISOString();

async function seen(bucket: MemoryBucket, arm: Arm, round = 0, stage?: number) {
  const log = new ProblemLog();
  const input = { reader: bucket, runId: RUN, arm, round, startedAt: START, endedAt: START + 60_000 };
  const found = await new SeenReader(input, log).of(stage);
  return { found: Object.fromEntries(found), problems: log.list(), valid: log.valid };
}

/** What a ResultWriter leaves of a Map Run whose children began at `from`. */
function putMapRun(
  bucket: MemoryBucket,
  name: string,
  from: number,
  batches: readonly number[],
  stage: number | null = null,
): void {
  const folder = `${layout.mapRuns(RUN)}${name}`;
  const children = batches.map((batch) => ({
    ExecutionArn: 'arn:aws:states:us-east-1:123456789012:execution:m/FanOut:x',
    Input: JSON.stringify({
      payload: {
        batch: { objects: [{ key: 'a"b}.jpg' }] },
        stage: stage === null ? null : { number: stage, state: {} },
      },
    }),
    InputDetails: { Included: true },
    Output: JSON.stringify({ batch, items: 1, errors: 0 }),
    StartDate: at(from + batch),
    Status: 'SUCCEEDED',
    StopDate: at(from + batch + 500),
  }));
  const half = Math.ceil(children.length / 2);
  const files = [children.slice(0, half), children.slice(half)].map((part, number) => {
    const Key = `${folder}/SUCCEEDED_${number}.json`;
    bucket.put(Key, JSON.stringify(part));
    return { Key, Size: 1 };
  });
  bucket.put(`${folder}/manifest.json`, JSON.stringify({ ResultFiles: { FAILED: [], SUCCEEDED: files } }));
}

describe('SeenReader', () => {
  it('has of the serverless arm what Step Functions wrote of the Map Run of this round', async () => {
    const bucket = new MemoryBucket(16);
    putMapRun(bucket, 'a', -70_000, [0, 1, 2]);
    putMapRun(bucket, 'b', 1000, [0, 1, 2]);
    putMapRun(bucket, 'c', 70_000, [0, 1, 2]);
    expect(await seen(bucket, 'serverless')).toEqual({
      found: {
        0: { givenAt: START + 1000, seenAt: START + 1500 },
        1: { givenAt: START + 1001, seenAt: START + 1501 },
        2: { givenAt: START + 1002, seenAt: START + 1502 },
      },
      problems: [],
      valid: true,
    });
  });

  it('has of a stage what Step Functions wrote of its Map Run, of this round', async () => {
    const bucket = new MemoryBucket(16);
    putMapRun(bucket, 'a', -70_000, [0, 1], 0);
    putMapRun(bucket, 'b', 1000, [0, 1], 0);
    putMapRun(bucket, 'c', 3000, [0, 1], 1);
    const times = async (stage?: number) => {
      const { found } = await seen(bucket, 'serverless', 0, stage);
      return Object.values(found).map(({ givenAt }) => (givenAt ?? 0) - START);
    };
    expect([await times(0), await times(1), await times(2), await times()]).toEqual([
      [1000, 1001],
      [3000, 3001],
      [],
      [],
    ]);
  });

  it('has of a fleet what the head saw, and rather what it knows of its leases', async () => {
    const bucket = new MemoryBucket(16);
    bucket.put(layout.seen(RUN, 0), '{"batch":0,"seenAt":2000}\n{"batch":1,"seenAt":4000}\n');
    bucket.put(layout.leases(RUN, 0), '{"batch":1,"worker":"i-1","givenAt":1500,"seenAt":3100}\n');
    expect((await seen(bucket, 'fleet')).found).toEqual({
      0: { worker: null, givenAt: null, seenAt: 2000 },
      1: { worker: 'i-1', givenAt: 1500, seenAt: 3100 },
    });
    expect((await seen(bucket, 'fleet', 1)).found).toEqual({});
  });

  it('goes on without what cannot be read, and says so', async () => {
    const bucket = new MemoryBucket();
    bucket.put(layout.seen(RUN, 0), '{"batch":0,"seenAt":2000}\n{"batch":1,"seenAt"');
    bucket.put(layout.leases(RUN, 0), '{"batch":-1,"seenAt":5}\n');
    putMapRun(bucket, 'a', 1000, [0]);
    bucket.put(`${layout.mapRuns(RUN)}b/manifest.json`, 'no JSON');
    const fleet = await seen(bucket, 'fleet');
    expect(fleet).toMatchObject({ found: { 0: { seenAt: 2000 } }, valid: true });
    expect(fleet.problems).toMatchObject([{ code: 'SEEN_INVALID', count: 2 }]);
    const serverless = await seen(bucket, 'serverless');
    expect(serverless).toMatchObject({ found: { 0: {} }, problems: [{ code: 'SEEN_INVALID', count: 1 }] });
  });

  it('has nothing where nobody tells', async () => {
    for (const arm of ['serverless', 'fleet'] as const) {
      expect(await seen(new MemoryBucket(), arm)).toEqual({ found: {}, problems: [], valid: true });
    }
  });
});
