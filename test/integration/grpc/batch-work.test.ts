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
