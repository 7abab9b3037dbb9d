import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { keptFleetIds } from '../../src/fleet/kept/files.ts';
import type { QueueEntry } from '../../src/fleet/kept/kept-fleet.ts';
import { enqueue, entryNumbers, readEntry } from '../../src/fleet/kept/queue.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

const JOBS = 12;
const job = (number: number): QueueEntry => ({
  variables: { FANFLEET_RUN_ID: `run-${number}` },
  parameter: `/fanfleet/test/run-${number}`,
  deadline: 60,
  submittedAt: number,
});

let emulator: Emulator;
let store: ObjectStore;

beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.s3.send(new CreateBucketCommand({ Bucket: 'runs' }));
  store = new ObjectStore(emulator.s3, 'runs');
});
afterAll(() => emulator?.stop());

it('gives jobs that are put at once a number each, without a gap, and loses none', async () => {
  const put = await Promise.all(
    Array.from({ length: JOBS }, (_, number) => enqueue(store, 'many.1', job(number))),
  );
  const numbers = put.map((outcome) => ('number' in outcome ? outcome.number : Number.NaN));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: JOBS }, (_, index) => index + 1));
  expect(await entryNumbers(store, 'many.1')).toEqual(numbers.toSorted((a, b) => a - b));
  for (const [index, number] of numbers.entries())
    expect(await readEntry(store, 'many.1', number)).toEqual(job(index));
});

it('takes nothing behind its end, and each job that is put at the same moment is before it or is refused', async () => {
  const [end, ...put] = await Promise.all([
    enqueue(store, 'ends.1', { end: 'idle' }),
    ...Array.from({ length: JOBS }, (_, number) => enqueue(store, 'ends.1', job(number))),
  ]);
  const numbers = await entryNumbers(store, 'ends.1');
  const last = Math.max(...numbers);
  expect(end).toEqual({ number: last });
  expect(await readEntry(store, 'ends.1', last)).toEqual({ end: 'idle' });
  expect(put.filter((outcome) => 'number' in outcome)).toHaveLength(last - 1);
  expect(put.filter((outcome) => 'ended' in outcome)).toHaveLength(JOBS - (last - 1));
  expect(await enqueue(store, 'ends.1', job(99))).toEqual({ ended: 'idle' });
});

it('goes on behind an entry that is known, and knows its end', async () => {
  for (const number of [1, 2, 3]) await enqueue(store, 'known.1', job(number));
  expect(await enqueue(store, 'known.1', job(4), 2)).toEqual({ number: 4 });
  expect(await enqueue(store, 'known.1', job(5), 4)).toEqual({ number: 5 });
  await enqueue(store, 'known.1', { end: 'idle' });
  expect(await enqueue(store, 'known.1', job(7), 6)).toEqual({ ended: 'idle' });
});

it('has its keys apart from those of another life, and is found by its life', async () => {
  await enqueue(store, 'four.1', { end: 'stopped' });
  expect(await enqueue(store, 'four.10', job(1))).toEqual({ number: 1 });
  expect(await keptFleetIds(store, 'four')).toEqual(['four.1', 'four.10']);
});
