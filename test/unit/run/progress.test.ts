import { beforeEach, describe, expect, it } from 'vitest';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import type { Plan } from '../../../src/contract/plan.ts';
import { FanfleetError } from '../../../src/errors.ts';
import { RunProgress } from '../../../src/run/progress.ts';
import { passes } from '../../../src/run/run.ts';
import { MemoryBucket } from '../aggregate/fixture.ts';

class Bucket extends MemoryBucket {
  readonly listed: string[] = [];

  async getJson(key: string): Promise<unknown> {
    return JSON.parse((await this.get(key)).toString('utf8'));
  }

  override list(prefix: string) {
    this.listed.push(prefix);
    return super.list(prefix);
  }
}

const PLAN = {
  bucket: 'data',
  prefix: 'x/',
  manifestKey: 'm',
  batches: 4,
  items: 10,
  bytes: 1,
  shards: 0,
  skipped: 0,
  leftOut: [],
  notes: [],
  listMs: 1,
  requests: { lists: 1, gets: 0 },
  storageClasses: { STANDARD: { items: 10, bytes: 1, gets: 10, listingGets: 0 } },
} satisfies Plan;
const sequential = passes(['serverless', 'fleet'], 'sequential', 1);
let bucket: Bucket;
let progress: RunProgress;

const done = (arm: Arm, batches: number, round = 0) => {
  for (let batch = 0; batch < batches; batch += 1) bucket.put(layout.span('r', arm, round, batch), '{}');
};

beforeEach(() => {
  bucket = new Bucket();
  progress = new RunProgress(bucket, 'r', false);
});

describe('RunProgress', () => {
  it('has nothing to say until the run is planned, and asks again', async () => {
    expect(await progress.current(sequential)).toEqual([]);
    bucket.put(layout.plan('r'), JSON.stringify(PLAN));
    expect(await progress.current(sequential)).toHaveLength(1);
  });

  it('counts images by the batches that have a span', async () => {
    bucket.put(layout.plan('r'), JSON.stringify(PLAN));
    done('serverless', 3);
    expect(await progress.current(sequential)).toEqual([
      { arm: 'serverless', round: 0, stage: null, batches: 3, totalBatches: 4, items: 8, totalItems: 10 },
    ]);
  });

  it('goes on to the next arm once one is done, and does not list the first one again', async () => {
    bucket.put(layout.plan('r'), JSON.stringify(PLAN));
    done('serverless', 4);
    await progress.current(sequential);
    bucket.listed.length = 0;
    expect(await progress.current(sequential)).toMatchObject([{ arm: 'fleet', batches: 0 }]);
    expect(bucket.listed).toEqual([layout.spans('r', 'fleet', 0)]);
    done('fleet', 4);
    expect(await progress.current(sequential)).toEqual([]);
  });

  it('leaves an arm that failed half-way once the next one has begun', async () => {
    bucket.put(layout.plan('r'), JSON.stringify(PLAN));
    done('serverless', 2);
    expect(await progress.current(sequential)).toMatchObject([{ arm: 'serverless', batches: 2 }]);
    done('fleet', 1);
    expect(await progress.current(sequential)).toMatchObject([{ arm: 'fleet', batches: 1 }]);
  });

  it('does not take batches that were taken over for the start of the next arm', async () => {
    const resumed = { runId: 'earlier', batches: 3, inputs: false, finished: [] };
    bucket.put(layout.plan('r'), JSON.stringify({ ...PLAN, resumed }));
    done('serverless', 1);
    done('fleet', 2);
    expect(await progress.current(sequential)).toMatchObject([{ arm: 'serverless', batches: 1 }]);
    done('serverless', 4);
    expect(await progress.current(sequential)).toMatchObject([{ arm: 'fleet', batches: 2 }]);
  });

  it('leaves an arm that failed half-way once the next one has done more than was taken over', async () => {
    const resumed = { runId: 'earlier', batches: 3, inputs: false, finished: [] };
    bucket.put(layout.plan('r'), JSON.stringify({ ...PLAN, resumed }));
    done('serverless', 1);
    done('fleet', 2);
    await progress.current(sequential);
    done('fleet', 3);
    expect(await progress.current(sequential)).toMatchObject([{ arm: 'fleet', batches: 3 }]);
  });

  describe('of a run with stages', () => {
    const doneAt = (arm: Arm, stage: number, batches: number) => {
      for (let batch = 0; batch < batches; batch += 1) {
        bucket.put(layout.span('r', arm, 0, batch, stage), '{}');
      }
    };
    const reduce = (arm: Arm, stage: number, isLast: boolean) => {
      const outcome = { key: 'o', sha256: 'a'.repeat(64), bytes: 1 };
      const times = { startedAt: 1, endedAt: 2, cpuMs: 3 };
      bucket.put(
        layout.reduced('r', arm, 0, stage),
        JSON.stringify({ stage, outcome, isLast, batches: 4, ...times }),
      );
    };
    beforeEach(() => {
      progress = new RunProgress(bucket, 'r', true);
      bucket.put(layout.plan('r'), JSON.stringify(PLAN));
    });

    it('counts the batches of the newest one', async () => {
      expect(await progress.current(sequential)).toMatchObject([{ stage: 0, batches: 0 }]);
      doneAt('serverless', 0, 4);
      expect(await progress.current(sequential)).toMatchObject([{ stage: 0, batches: 4, items: 10 }]);
      reduce('serverless', 0, false);
      doneAt('serverless', 1, 3);
      expect(await progress.current(sequential)).toMatchObject([{ stage: 1, batches: 3, items: 8 }]);
    });

    it('goes on to the next arm once the last one is reduced', async () => {
      doneAt('serverless', 0, 4);
      doneAt('serverless', 1, 4);
      reduce('serverless', 0, false);
      expect(await progress.current(sequential)).toMatchObject([{ arm: 'serverless', stage: 1, batches: 4 }]);
      reduce('serverless', 1, true);
      expect(await progress.current(sequential)).toMatchObject([{ arm: 'fleet', stage: 0, batches: 0 }]);
    });

    it('leaves an arm that failed once the next one has done more than was taken over, of whichever stage', async () => {
      const resumed = { runId: 'earlier', inputs: true, batches: 8, finished: [] };
      bucket.put(layout.plan('r'), JSON.stringify({ ...PLAN, resumed }));
      doneAt('serverless', 0, 2);
      doneAt('fleet', 0, 4);
      doneAt('fleet', 1, 2);
      expect(await progress.current(sequential)).toMatchObject([{ arm: 'serverless', batches: 2 }]);
      doneAt('fleet', 1, 4);
      doneAt('fleet', 2, 2);
      expect(await progress.current(sequential)).toMatchObject([{ arm: 'fleet', stage: 2, batches: 2 }]);
    });
  });

  it('shows both arms of a pass that runs both', async () => {
    bucket.put(layout.plan('r'), JSON.stringify(PLAN));
    done('serverless', 4);
    expect(await progress.current(passes(['serverless', 'fleet'], 'parallel', 1))).toMatchObject([
      { arm: 'serverless', batches: 4, items: 10 },
      { arm: 'fleet', batches: 0, items: 0 },
    ]);
  });

  it('passes on any other error than a missing plan', async () => {
    bucket.getJson = async () => {
      throw new FanfleetError('AccessDenied', 'No.', { source: 'aws' });
    };
    await expect(progress.current(sequential)).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
