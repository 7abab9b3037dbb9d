import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { create } from '@bufbuild/protobuf';
import { expect, it, onTestFinished } from 'vitest';
import { ObjectStore } from '../../../src/aws/object-store.ts';
import { s3Access } from '../../../src/aws/s3-access.ts';
import { S3Requests } from '../../../src/aws/s3-requests.ts';
import { layout } from '../../../src/contract/layout.ts';
import { BatchPlaceSchema, JobSchema } from '../../../src/grpc/protocol/head_pb.js';
import { createBatchWork } from '../../../src/grpc/worker/batch-work.ts';
import { hostLimits } from '../../../src/grpc/worker/host-limits.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { batchOf, MIB, plain, startImageBucket } from '../../support/image-bucket.ts';
import { inputFile, stateOf, sumsRunner } from '../../support/sums-workload.ts';

const RUNS = 'batch-work-runs';

it('a batch leaves its slot once, and is not done before its span is in S3', async () => {
  // Prepare
  const bucket = await startImageBucket();
  onTestFinished(() => bucket.stop());
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  const store = new ObjectStore(bucket.s3, RUNS);
  const line = JSON.stringify(batchOf([await bucket.put('a.png', await plain(1))]));
  await store.put(layout.manifest('r'), `[\n${line}\n]\n`, 'application/json');
  const requests = new S3Requests(s3Access(bucket.s3));
  onTestFinished(() => requests.close());
  const doBatch = createBatchWork({
    ...{ reader: bucket.reader, requests, kernelFor: async () => createSharpKernel() },
    ...{ limits: hostLimits(512 * MIB, 1), worker: 'i-1/7', start: { readyAt: 0, tookMs: 300 } },
    memoryBytes: 512 * MIB,
    clock: { epoch: Date.now, now: () => performance.now() },
    usage: () => ({ cpuMs: 3, rssPeakBytes: 1 }),
  });
  const job = create(JobSchema, {
    manifest: `s3://${RUNS}/${layout.manifest('r')}`,
    out: `s3://${RUNS}/${layout.arm('r', 'fleet', 0)}`,
    bucket: bucket.bucket,
    workload: JSON.stringify({ name: 'statistics', params: { operation: 'max', depth: '8' } }),
    kernel: 'auto',
    imageMemory: 1024,
  });
  const { batch } = JSON.parse(line);
  const place = create(BatchPlaceSchema, { batch, offset: 2n, length: line.length, queuedAt: 1 });

  // Act
  let left = 0;
  await doBatch(job, place, 0, () => {
    left += 1;
  });

  // Assess
  expect(left).toBe(1);
  expect(await store.getJson(layout.span('r', 'fleet', 0, batch))).toMatchObject({
    worker: 'i-1/7/0',
    coldStartMs: 0,
  });
});

it('a stage of a batch is done below its own folder, from what the stage before has loaded', async () => {
  // Prepare
  const bucket = await startImageBucket('staged-data');
  onTestFinished(() => bucket.stop());
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  const store = new ObjectStore(bucket.s3, RUNS);
  const line = JSON.stringify(batchOf([await bucket.put('a.png', await plain(1))]));
  await store.put(layout.manifest('s'), `[\n${line}\n]\n`, 'application/json');
  const requests = new S3Requests(s3Access(bucket.s3));
  onTestFinished(() => requests.close());
  const doBatch = createBatchWork({
    ...{ reader: bucket.reader, requests, kernelFor: async () => createSharpKernel() },
    ...{ limits: hostLimits(512 * MIB, 1), worker: 'i-1/7', start: { readyAt: 0, tookMs: 300 } },
    memoryBytes: 512 * MIB,
    runnerOf: () => sumsRunner(),
    clock: { epoch: Date.now, now: () => performance.now() },
    usage: () => ({ cpuMs: 3, rssPeakBytes: 1 }),
  });
  const state = stateOf({ width: 8, height: 8, sum: 4 });
  const file = inputFile('runs/s/start.json', state);
  await store.put(file.key, state, 'application/json');
  const jobOf = (stage: number, folder = stage) =>
    create(JobSchema, {
      manifest: `s3://${RUNS}/${layout.manifest('s')}`,
      out: `s3://${RUNS}/${layout.arm('s', 'fleet', 0, folder)}`,
      bucket: bucket.bucket,
      workload: JSON.stringify({ name: 'sums', params: {} }),
      kernel: 'auto',
      imageMemory: 1024,
      stage: JSON.stringify({ number: stage, state: file }),
    });
  const { batch } = JSON.parse(line);
  const place = create(BatchPlaceSchema, { batch, offset: 2n, length: line.length, queuedAt: 1 });

  // Act
  for (const stage of [0, 1]) await doBatch(jobOf(stage), place, 0);

  // Assess
  const spans = await Promise.all(
    [0, 1].map((stage) => store.getJson(layout.span('s', 'fleet', 0, batch, stage))),
  );
  expect(spans).toMatchObject([
    { stage: 0, gets: 1 },
    { stage: 1, gets: 0, bytes: 0 },
  ]);
  const sums = await store.getJson(layout.batchFile('sums', 's', 'fleet', 0, batch, 1));
  expect(sums).toEqual({ sum: 64 * 2 });
  await expect(doBatch(jobOf(1, 2), place, 0)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
