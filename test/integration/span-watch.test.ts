import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SpanWatch } from '../../scripts/faults/span-watch.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { layout } from '../../src/contract/layout.ts';
import { type ImageBucket, startImageBucket } from '../support/image-bucket.ts';

const RUNS = 'watched-runs';
let bucket: ImageBucket;
let store: ObjectStore;

beforeAll(async () => {
  bucket = await startImageBucket('watched-data');
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
});
afterAll(() => bucket?.stop());

it.each([
  ['of a single map', [undefined, undefined, undefined]],
  ['of several stages', [0, 1, 10]],
] as const)('sees the batches %s, and which were done again', async (name, stages) => {
  const runId = name.replaceAll(' ', '-');
  const put = (batch: number, stage: number | undefined, endedAt: number) =>
    store.putJson(layout.span(runId, 'fleet', 0, batch, stage), { endedAt });
  for (const [batch, stage] of stages.entries()) await put(batch, stage, 1);
  // What is no span of the arm: rows, an image whose key looks like one, and the other arm.
  await store.putJson(layout.result(runId, 'fleet', 0, 0, stages[0]), {});
  await store.putJson(layout.normalised(runId, 'fleet', 0, 'spans/a', 'png'), {});
  await store.putJson(layout.span(runId, 'serverless', 0, 0, stages[0]), {});

  const watch = new SpanWatch({ s3: bucket.s3, stack: { runsBucket: RUNS } }, runId);
  await watch.stop();
  expect({ done: watch.done, doneAgain: watch.doneAgain }).toEqual({ done: 3, doneAgain: 0 });

  await put(2, stages[2], 2);
  await watch.stop();
  expect({ done: watch.done, doneAgain: watch.doneAgain }).toEqual({ done: 3, doneAgain: 1 });
});
