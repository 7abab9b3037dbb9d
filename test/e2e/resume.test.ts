import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
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
import type { Arm } from '../../src/contract/arm.ts';
import { layout } from '../../src/contract/layout.ts';
import { summarySchema } from '../../src/report/summary-schema.ts';
import { copySample } from './support/copy-sample.ts';
import { holdLaterBatches, IMAGES_TO_HOLD } from './support/held-batches.ts';
import { runIdFrom, waitForSpans } from './support/run-under-way.ts';
import { sharedFleet } from './support/shared-fleet.ts';

const IMAGES = 60;
const REQUEST = {
  prefix: 'resumed/',
  workload: { name: 'normalise' },
  batchSize: 5,
  baseline: false,
} as const;
const BATCHES = IMAGES / REQUEST.batchSize;

let stack: ConnectedStack;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  await copySample('digits', IMAGES, REQUEST.prefix);
});

describe('a run that lost a part of its files', () => {
  let earlier: string;

  beforeAll(async () => {
    earlier = await startExecution(stack, { ...REQUEST, fleet: await sharedFleet('dask') });
    expect((await waitForEnd(stack, earlier)).status).toBe('SUCCEEDED');
  });

  it('boots no fleet where nothing of it is missing', async () => {
    const resumed = await startExecution(stack, { ...REQUEST, resume: earlier });
    expect((await waitForEnd(stack, resumed)).status).toBe('SUCCEEDED');
    const [whole, summary] = [await readSummary(stack, earlier), await readSummary(stack, resumed)];
    expect(summary.agreement).toEqual({ ...whole.agreement, equal: true });
    expect(summary.rounds[0]?.arms).toMatchObject([
      { arm: 'serverless', valid: true, batchesTakenOver: BATCHES, instances: null },
      { arm: 'fleet', valid: true, batchesTakenOver: BATCHES, instances: [], fleet: null, hosts: [] },
    ]);
    const report = await stack.runs.get(layout.report(resumed));
    expect(report.toString()).toContain('No instance was started: an earlier run had done every batch.');
  });

  it('is resumed by both arms, which do only what is missing, and the answer is whole', async () => {
    // Prepare: half of the fleet, a span and a normalised image of others, and one result of the serverless arm
    const whole = await readSummary(stack, earlier);
    const before = await etags(earlier);
    const image = [...before.keys()].find((key) => key.startsWith('fleet/round-0/normalised/'));
    const lost = new Map<Arm, Set<number>>([
      ['fleet', new Set([0, 4, ...range(6, BATCHES)])],
      ['serverless', new Set([2])],
    ]);
    await remove(`runs/${earlier}/${image}`);
    await remove(layout.span(earlier, 'fleet', 0, 4));
    for (const batch of range(6, BATCHES)) {
      await remove(layout.result(earlier, 'fleet', 0, batch));
      await remove(layout.span(earlier, 'fleet', 0, batch));
    }
    await remove(layout.result(earlier, 'serverless', 0, 2));

    // Act
    const { code, stdout, stderr } = await cli(inject('home'), [
      ...['--json', 'run', '--resume', earlier, '--no-baseline', '--fleet', await sharedFleet('dask')],
    ]);

    // Assess
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const summary = summarySchema.parse({ ...JSON.parse(stdout), files: undefined });
    const taken = 2 * BATCHES - lost.values().reduce((sum, { size }) => sum + size, 0);
    expect(summary.plan).toMatchObject({
      batches: BATCHES,
      items: IMAGES,
      resumed: { runId: earlier, batches: taken },
    });
    expect(summary.agreement).toEqual({ ...whole.agreement, equal: true });
    expect(summary.ranking).toMatchObject({ ranked: false, faster: null });
    expect(summary.ranking.reason).toMatch(/^Not comparable: resumed\./);
    expect(summary.remarks.join(' ')).toContain(`${taken} of ${2 * BATCHES} batches were taken over`);
    const after = await etags(summary.runId);
    for (const { arm, batchesTakenOver, work, itemsPerSecond } of summary.rounds[0]?.arms ?? []) {
      const missing = lost.get(arm) ?? new Set();
      expect({ arm, batchesTakenOver, spans: work?.spans, itemsPerSecond }).toEqual({
        arm,
        batchesTakenOver: BATCHES - missing.size,
        spans: missing.size,
        itemsPerSecond: null,
      });
      for (const batch of range(0, BATCHES)) {
        const span = layout.span('', arm, 0, batch).replace('runs//', '');
        if (missing.has(batch)) expect(after.get(span)).not.toBe(before.get(span));
        else expect(after.get(span)).toBe(before.get(span));
      }
    }
    // Rows and images are the same to the byte, whoever did them.
    const made = (found: ReadonlyMap<string, string>) =>
      [...found].filter(([key]) => /\/(results|normalised)\//.test(key)).toSorted();
    expect(made(before)).toHaveLength(2 * (BATCHES + IMAGES));
    expect(made(after)).toEqual(made(before));
  });

  it('is not resumed by a request for other work, and the message names the fields', async () => {
    const { code, stdout } = await cli(inject('home'), [
      '--json',
      'run',
      REQUEST.prefix,
      '--resume',
      earlier,
      '--workload',
      'statistics',
      '--batch-size',
      '7',
    ]);
    expect(code).toBe(2);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toMatch(
      /"normalise".* for `workload` .*"statistics".* for `batchSize` but received 7/,
    );
  });

  it('must be there', async () => {
    const { code, stdout } = await cli(inject('home'), ['--json', 'run', '--resume', 'no-such-run']);
    expect(code).toBe(2);
    expect(stdout).toContain('for `resume` but received \\"no-such-run\\"');
  });
});

describe.each([
  { labels: 'name', engine: 'dask' },
  { labels: 'resumed-labels.csv', engine: 'grpc' },
] as const)('a run of knn with labels by $labels that lost a part of its files', ({ labels, engine }) => {
  const asked = 20;
  const prefix = `resumed-knn-${engine}/`;
  const workload = { name: 'knn', params: { k: 3, ask: asked, labels } };

  it('goes on with the training set and the labels that it had, whatever became of their files', async () => {
    // Prepare
    await copySample('digits', IMAGES, prefix);
    const keys = await dataKeys(prefix);
    const isTable = labels.endsWith('.csv');
    if (isTable) await putData(labels, ['key,label', ...keys.map((key) => `${key},${parityOf(key)}`)]);
    const request = { ...REQUEST, prefix, workload, fleet: await sharedFleet(engine) };
    const earlier = await startExecution(stack, request);
    expect((await waitForEnd(stack, earlier)).status).toBe('SUCCEEDED');
    const [whole, before] = [await readSummary(stack, earlier), await etags(earlier)];
    for (const batch of [1, 3]) await remove(layout.result(earlier, 'fleet', 0, batch));
    await remove(layout.span(earlier, 'serverless', 0, 2));
    // Each third image is asked, so the first one was learned from.
    await remove(keys[0] ?? '', stack.stack.dataBucket);
    if (isTable) await remove(labels, stack.stack.dataBucket);

    // Act
    const resumed = await startExecution(stack, { ...request, resume: earlier });
    const { status, cause } = await waitForEnd(stack, resumed);

    // Assess
    expect(status, cause ?? '').toBe('SUCCEEDED');
    const [summary, after] = [await readSummary(stack, resumed), await etags(resumed)];
    expect(summary.agreement).toEqual({ ...whole.agreement, equal: true });
    const { batches } = whole.plan;
    expect(summary.plan.resumed).toEqual({
      ...{ runId: earlier, batches: 2 * batches - 3, inputs: true, finished: [] },
    });
    expect(summary.rounds[0]?.arms).toMatchObject([
      { arm: 'serverless', valid: true, items: asked, failedItems: 0, batchesTakenOver: batches - 1 },
      { arm: 'fleet', valid: true, items: asked, failedItems: 0, batchesTakenOver: batches - 2 },
    ]);
    expect(summary.answer).toEqual(whole.answer);
    expect(summary.answer).toMatchObject({ kind: 'knn', asked, labelled: asked });
    if (isTable) expect(summary.answer).toMatchObject({ labels: ['even', 'odd'] });
    const files = (found: ReadonlyMap<string, string>, folder: RegExp) =>
      [...found].filter(([key]) => folder.test(key)).toSorted();
    for (const folder of [/^inputs\//, /\/results\//]) {
      expect(files(before, folder).length).toBeGreaterThan(1);
      expect(files(after, folder)).toEqual(files(before, folder));
    }
  });
});

describe('a run that was stopped', () => {
  const STOPPED = 'stopped/';

  it('is resumed where it was', async () => {
    // Prepare
    await copySample('photos', IMAGES_TO_HOLD, STOPPED);
    const child = startCli(inject('home'), [
      ...['run', STOPPED, '--arms', 'fleet', '--engine', 'grpc', '--workers', '1', '--no-baseline'],
      ...['--batch-size', '2'],
    ]);
    const finished = finish(child);
    const earlier = await runIdFrom(child);
    await holdLaterBatches(stack, earlier, 2);
    await waitForSpans(stack, earlier, 'fleet', 5);
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
    const { spans } = await countFiles(earlier);

    // Act
    const resumed = await cli(inject('home'), ['--json', 'run', '--resume', earlier, '--no-baseline']);

    // Assess
    expect(resumed.code, resumed.stderr).toBe(0);
    const summary = summarySchema.parse({ ...JSON.parse(resumed.stdout), files: undefined });
    expect(summary.plan.resumed).toEqual({ runId: earlier, batches: spans, inputs: false, finished: [] });
    expect(summary.rounds[0]?.arms).toMatchObject([
      { arm: 'fleet', valid: true, items: IMAGES_TO_HOLD, batchesTakenOver: spans },
    ]);
    expect((await readRows(stack, summary.runId, 'fleet')).split('\n')).toHaveLength(IMAGES_TO_HOLD + 1);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

async function remove(Key: string, Bucket = stack.stack.runsBucket): Promise<void> {
  await stack.s3.send(new DeleteObjectCommand({ Bucket, Key }));
}

async function putData(Key: string, lines: readonly string[]): Promise<void> {
  const Body = lines.join('\n');
  await stack.s3.send(new PutObjectCommand({ Bucket: stack.stack.dataBucket, Key, Body }));
}

/** In their order. */
async function dataKeys(Prefix: string): Promise<string[]> {
  const { Contents = [] } = await stack.s3.send(
    new ListObjectsV2Command({ Bucket: stack.stack.dataBucket, Prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

/** Of a digit by its name, which is another label than the digit itself. */
function parityOf(key: string): string {
  return Number(key.at(-'1.png'.length)) % 2 === 0 ? 'even' : 'odd';
}

/** The files of a run, by their keys below the run. */
async function etags(runId: string): Promise<Map<string, string>> {
  const { Contents = [] } = await stack.s3.send(
    new ListObjectsV2Command({ Bucket: stack.stack.runsBucket, Prefix: layout.run(runId) }),
  );
  return new Map(Contents.map(({ Key = '', ETag = '' }) => [Key.slice(layout.run(runId).length), ETag]));
}

async function countFiles(runId: string): Promise<{ spans: number }> {
  let spans = 0;
  for await (const _ of stack.runs.list(layout.spans(runId, 'fleet', 0))) spans += 1;
  return { spans };
}
