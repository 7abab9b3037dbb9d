import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { HistoryStore } from '../../src/history/history-store.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { LEARNT, night, nightsOf, resetAfter } from '../unit/history/nights.ts';

const BUCKET = 'runs';
let emulator: Emulator;
let runs: ObjectStore;

beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  runs = new ObjectStore(emulator.s3, BUCKET);
});
afterAll(() => emulator.stop());

/** What a reader gets, in counted requests. */
class CountingStore extends ObjectStore {
  gets = 0;
  override get(key: string): Promise<Buffer> {
    this.gets += 1;
    return super.get(key);
  }
}

describe('a history in S3', () => {
  it('is read as it was written, in the order of time, however it was appended', async () => {
    const store = new HistoryStore(runs, 'order');
    const nights = nightsOf(LEARNT);
    await Promise.all(nights.toReversed().map((each) => store.appendNight(each)));
    await store.appendReset(resetAfter(3), 'id');
    expect(await store.read()).toEqual({ name: 'order', nights, resets: [resetAfter(3)] });
  });

  it('has a night that is appended twice once', async () => {
    const store = new HistoryStore(runs, 'twice');
    await Promise.all([store.appendNight(night(0, 10)), store.appendNight(night(0, 10))]);
    expect((await store.read()).nights).toEqual([night(0, 10)]);
  });

  it('has two nights that began in the same moment', async () => {
    const store = new HistoryStore(runs, 'same');
    await store.appendNight(night(0, 10));
    await store.appendNight(night(0, 11, { runId: 'other' }));
    expect((await store.read()).nights.map(({ runId }) => runId)).toEqual(['other', 'run-0']);
  });

  it('does not have those of another name that begins alike', async () => {
    await new HistoryStore(runs, 'night').appendNight(night(0, 10));
    expect((await new HistoryStore(runs, 'nig').read()).nights).toEqual([]);
  });

  it('is read with one GET once it is compact, and one more for each night since', async () => {
    const counting = new CountingStore(emulator.s3, BUCKET);
    const store = new HistoryStore(counting, 'compact');
    for (const each of nightsOf(LEARNT)) await store.appendNight(each);
    await store.compact();
    await store.appendNight(night(10, 10));
    counting.gets = 0;
    expect((await store.read()).nights).toHaveLength(11);
    expect(counting.gets).toBe(2);
  });

  it.each([
    ['is damaged', '{"version":1,"entr'],
    ['is of another version', '{"version":2,"entries":{}}'],
    [
      'has nights that are gone',
      JSON.stringify({ version: 1, entries: { 'history/copy/nights/x.json': {} } }),
    ],
  ])('is read from its nights where the copy %s', async (_, copy) => {
    const store = new HistoryStore(runs, 'copy');
    await store.appendNight(night(0, 10));
    await runs.put('history/copy/compact.json', copy, 'application/json');
    expect((await store.read()).nights).toEqual([night(0, 10)]);
  });

  it('names the object that is no night', async () => {
    await runs.put('history/bad/nights/x.json', '{"version":9}', 'application/json');
    await expect(new HistoryStore(runs, 'bad').read()).rejects.toThrow(
      /^\[HISTORY_DAMAGED\] .*history\/bad\/nights\/x\.json/,
    );
  });
});
