import { createHash } from 'node:crypto';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { cli, finish, startCli } from '../../scripts/own-stack/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  readRows,
  readSummary,
  startExecution,
  waitForEnd,
} from '../../scripts/own-stack/stack.ts';
import { layout } from '../../src/contract/layout.ts';
import { summarySchema } from '../../src/report/summary-schema.ts';
import { EMBEDDINGS } from '../../src/workloads/embed/params.ts';
import { copySample } from './support/copy-sample.ts';
import { independentlyClassified, putDigitsModel } from './support/digits-classified.ts';
import { withFewOf } from './support/few-of-sample.ts';
import { holdLaterBatches, IMAGES_TO_HOLD } from './support/held-batches.ts';
import { runIdFrom, waitForSpans } from './support/run-under-way.ts';
import { sharedFleet } from './support/shared-fleet.ts';

const TOP = 3;

let stack: ConnectedStack;
beforeAll(async () => {
  stack = await connectStack(inject('home'));
});

describe('a run of classify that was stopped', () => {
  const prefix = 'classify-stopped/';
  let model: string;
  let independent: string;

  beforeAll(async () => {
    await copySample('digits', IMAGES_TO_HOLD, prefix);
    model = `s3://${stack.stack.dataBucket}/${await putDigitsModel('models/stopped/')}`;
    independent = await withFewOf('digits', IMAGES_TO_HOLD, (folder) =>
      independentlyClassified(folder, { top: TOP, prefix }),
    );
  });

  it('is resumed where it was, with the rows of one that never was', async () => {
    // Prepare
    const child = startCli(inject('home'), [
      ...['run', prefix, '--workload', 'classify', '--model', model, '--top', String(TOP)],
      ...['--arms', 'fleet', '--engine', 'grpc', '--workers', '1', '--no-baseline', '--batch-size', '2'],
    ]);
    const finished = finish(child);
    const earlier = await runIdFrom(child);
    await holdLaterBatches(stack, earlier, 2);
    await waitForSpans(stack, earlier, 'fleet', 5);
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
    const before = await spansOf(earlier);

    // Act
    const resumed = await cli(inject('home'), ['--json', 'run', '--resume', earlier, '--no-baseline']);

    // Assess
    expect(resumed.code, resumed.stderr).toBe(0);
    const summary = summarySchema.parse({ ...JSON.parse(resumed.stdout), files: undefined });
    const taken = before.size;
    expect(taken).toBeLessThan(summary.plan.batches);
    expect(summary.plan.resumed).toEqual({ runId: earlier, batches: taken, inputs: true, finished: [] });
    const digest = createHash('sha256').update(independent).digest('hex');
    expect(summary.rounds[0]?.arms).toMatchObject([
      { arm: 'fleet', valid: true, digest, items: IMAGES_TO_HOLD, failedItems: 0, batchesTakenOver: taken },
    ]);
    const after = await spansOf(summary.runId);
    for (const [batch, etag] of before) expect(after.get(batch)).toBe(etag);
    expect(await readRows(stack, summary.runId, 'fleet')).toBe(independent);
  });
});

describe.each([
  { name: 'classify', params: { top: TOP } },
  { name: 'embed', params: { layer: 'products' } },
] as const)('a run of $name that lost half of its files', ({ name, params }) => {
  const IMAGES = 60;
  const BATCHES = 12;
  const prefix = `lost-${name}/`;

  it('is resumed by both arms, without the model where it was, and has the same answer', async () => {
    // Prepare
    await copySample('digits', IMAGES, prefix);
    const model = await putDigitsModel(`models/lost-${name}/`);
    const workload = { name, params: { ...params, model } };
    const request = { prefix, workload, batchSize: 5, baseline: false, fleet: await sharedFleet('dask') };
    const earlier = await startExecution(stack, request);
    expect((await waitForEnd(stack, earlier)).status).toBe('SUCCEEDED');
    const whole = await readSummary(stack, earlier);
    for (let batch = BATCHES / 2; batch < BATCHES; batch += 1) {
      for (const arm of ['serverless', 'fleet'] as const) {
        await remove(layout.result(earlier, arm, 0, batch));
        await remove(layout.span(earlier, arm, 0, batch));
      }
    }
    // Rows of embed say nothing of the numbers themselves.
    if (name === 'embed') await remove(layout.batchFile(EMBEDDINGS, earlier, 'fleet', 0, 1));
    const kept = BATCHES / 2 - (name === 'embed' ? 1 : 0);
    await remove(model, stack.stack.dataBucket);

    // Act
    const resumed = await startExecution(stack, { ...request, resume: earlier });
    const { status, cause } = await waitForEnd(stack, resumed);

    // Assess
    expect(status, cause ?? '').toBe('SUCCEEDED');
    const summary = await readSummary(stack, resumed);
    expect(summary.agreement).toEqual({ ...whole.agreement, equal: true });
    expect(summary.answer).toEqual(whole.answer);
    expect(summary.plan.resumed).toEqual({
      ...{ runId: earlier, batches: BATCHES / 2 + kept, inputs: true, finished: [] },
    });
    expect(summary.rounds[0]?.arms).toMatchObject([
      { arm: 'serverless', valid: true, items: IMAGES, batchesTakenOver: BATCHES / 2 },
      { arm: 'fleet', valid: true, items: IMAGES, batchesTakenOver: kept },
    ]);
    if (name === 'embed') expect(await embeddingsOf(resumed)).toBe(await embeddingsOf(earlier));
  });
});

/** The file of a run, which has its id at the end. */
async function embeddingsOf(runId: string): Promise<string> {
  const file = await stack.runs.get(layout.embeddings(runId));
  return file.toString('latin1').replaceAll(runId, 'the run');
}

/** ETags of the spans of a fleet, by their names. */
async function spansOf(runId: string): Promise<Map<string, string>> {
  const Prefix = layout.spans(runId, 'fleet', 0);
  const { Contents = [] } = await stack.s3.send(
    new ListObjectsV2Command({ Bucket: stack.stack.runsBucket, Prefix }),
  );
  return new Map(Contents.map(({ Key = '', ETag = '' }) => [Key.slice(Prefix.length), ETag]));
}

async function remove(Key: string, Bucket = stack.stack.runsBucket): Promise<void> {
  await stack.s3.send(new DeleteObjectCommand({ Bucket, Key }));
}
