import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { finish, startCli } from '../../scripts/own-stack/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  liveInstances,
  readRows,
  readSummary,
  startExecution,
  waitForEnd,
} from '../../scripts/own-stack/stack.ts';
import { summarySchema } from '../../src/report/summary-schema.ts';
import { copySample } from './support/copy-sample.ts';
import { holdLaterBatches, IMAGES_TO_HOLD } from './support/held-batches.ts';
import { runIdFrom, waitForSpans } from './support/run-under-way.ts';

/** Small batches, so that something is left to do when the fault strikes. */
const REQUEST = { prefix: 'photos/', batchSize: 20, baseline: false };
/** For hosts of a fleet, whose later batches are held. */
const HELD_REQUEST = { prefix: 'faults/', batchSize: 5, baseline: false };

let stack: ConnectedStack;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  await copySample('photos', IMAGES_TO_HOLD, HELD_REQUEST.prefix);
});

/** The rows of the serverless arm, which nothing disturbs. */
async function undisturbed(request: object, images: number): Promise<string> {
  const runId = await startExecution(stack, { ...request, arms: ['serverless'] });
  expect((await waitForEnd(stack, runId)).status).toBe('SUCCEEDED');
  const rows = await readRows(stack, runId, 'serverless');
  expect(rows.split('\n')).toHaveLength(images + 1);
  return rows;
}

describe('a Lambda worker process that is killed', () => {
  it('costs a retry, and nothing of the answer', async () => {
    // Prepare
    const rows = await undisturbed(REQUEST, 1000);
    const runId = await startExecution(stack, { ...REQUEST, arms: ['serverless'] });
    await waitForSpans(stack, runId, 'serverless', 5);

    // Act
    const [victim] = await lambdaProcesses('fanfleet-local-measure');
    process.kill(victim ?? Number.NaN, 'SIGKILL');
    const execution = await waitForEnd(stack, runId);

    // Assess
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
    expect(await readRows(stack, runId, 'serverless')).toBe(rows);
    expect((await lambdaProcesses('fanfleet-local-measure')).includes(victim ?? 0)).toBe(false);
  });
});

// The second one waits for heartbeats most of its time.
describe.concurrent('a worker host of the fleet that is lost', () => {
  it('leaves its batches to the other one, with the same answer', async () => {
    // Prepare
    const rows = await undisturbed(HELD_REQUEST, IMAGES_TO_HOLD);
    const runId = await startExecution(stack, { ...HELD_REQUEST, arms: ['fleet'] });
    const letGo = await holdLaterBatches(stack, runId, 3);
    await waitForSpans(stack, runId, 'fleet', 3);
    const worker = (await liveInstances(stack, runId)).find(({ Tags = [] }) =>
      Tags.some(({ Key, Value }) => Key === 'fanfleet:role' && Value === 'worker'),
    );

    // Act: the power goes, nothing is said to anybody
    await stack.ec2.send(
      new TerminateInstancesCommand({ InstanceIds: [worker?.InstanceId ?? ''], SkipOsShutdown: true }),
    );
    await letGo();
    const execution = await waitForEnd(stack, runId);

    // Assess
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
    expect(await readRows(stack, runId, 'fleet')).toBe(rows);
    expect(await liveInstances(stack, runId)).toEqual([]);
  });
});

describe.concurrent('a head that is lost', () => {
  it('fails the fleet arm by its missing heartbeats; the serverless arm and the report stay', async () => {
    // Prepare: work that is not over before its head is lost
    const work = { workload: { name: 'normalise' }, engine: 'grpc', fleetDeadline: 100 };
    const runId = await startExecution(stack, { ...HELD_REQUEST, ...work });
    await holdLaterBatches(stack, runId, 3);
    await waitForSpans(stack, runId, 'fleet', 1);
    const head = (await liveInstances(stack, runId)).find(({ Tags = [] }) =>
      Tags.some(({ Key, Value }) => Key === 'fanfleet:role' && Value === 'head'),
    );

    // Act
    await stack.ec2.send(
      new TerminateInstancesCommand({ InstanceIds: [head?.InstanceId ?? ''], SkipOsShutdown: true }),
    );
    const execution = await waitForEnd(stack, runId);

    // Assess
    expect(execution).toMatchObject({ status: 'FAILED', error: 'ArmFailed' });
    const summary = await readSummary(stack, runId);
    const arms = summary.rounds.flatMap((round) => round.arms);
    expect(arms.map(({ arm, status }) => [arm, status])).toEqual([
      ['serverless', 'succeeded'],
      ['fleet', 'failed'],
    ]);
    expect(arms[1]?.error?.code).toMatch(/^States\.(HeartbeatTimeout|Timeout)$/);
    expect(await liveInstances(stack, runId)).toEqual([]);
  });
});

describe.concurrent('Ctrl-C', () => {
  it('stops the execution, terminates the fleet, and ends with 130', async () => {
    // Prepare
    const child = startCli(inject('home'), ['run', 'photos/', '--arms', 'fleet', '--no-baseline']);
    const finished = finish(child);
    const runId = await runIdFrom(child);
    while ((await liveInstances(stack, runId)).length < 3) await sleep(200);

    // Act
    child.kill('SIGINT');
    const { code, stderr } = await finished;

    // Assess
    expect(code).toBe(130);
    expect(stderr).toContain('nothing is left running');
    expect((await waitForEnd(stack, runId)).status).toBe('ABORTED');
    expect(await liveInstances(stack, runId)).toEqual([]);
  });
});

describe('an object that changes and one that goes between plan and measure', () => {
  it('are rows with their error, and the rest is done', async () => {
    // Prepare
    const Bucket = stack.stack.dataBucket;
    const { Contents = [] } = await stack.s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'photos/', MaxKeys: 400 }),
    );
    const keys = Contents.map(({ Key = '' }) => Key.replace('photos/', 'moving/'));
    await Promise.all(
      keys.map((Key) =>
        stack.s3.send(
          new CopyObjectCommand({
            Bucket,
            Key,
            CopySource: `${Bucket}/${Key.replace('moving/', 'photos/')}`,
          }),
        ),
      ),
    );

    // Act: the last keys are reached last, after so many batches one by one that a fast machine is not done before
    const runId = await startExecution(stack, {
      prefix: 'moving/',
      arms: ['serverless'],
      batchSize: 2,
      concurrency: 1,
      baseline: false,
    });
    await waitForPlan(stack, runId);
    const [changed = '', gone = ''] = keys.slice(-2);
    await stack.s3.send(new PutObjectCommand({ Bucket, Key: changed, Body: 'something else' }));
    await stack.s3.send(new DeleteObjectCommand({ Bucket, Key: gone }));
    expect((await waitForEnd(stack, runId)).status).toBe('SUCCEEDED');

    // Assess
    const summary = await readSummary(stack, runId);
    expect(summary.failures.codes).toEqual([
      { code: 'OBJECT_CHANGED', count: 1, examples: [changed] },
      { code: 'OBJECT_MISSING', count: 1, examples: [gone] },
    ]);
    expect(summary.rounds[0]?.arms[0]).toMatchObject({ items: 400, failedItems: 2, valid: true });
  });
});

describe('an object that goes between the arms', () => {
  it('makes them disagree: no ranking, a failed execution, and exit code 4', async () => {
    // Prepare
    const Bucket = stack.stack.dataBucket;
    const { Contents = [] } = await stack.s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'digits/', MaxKeys: 60 }),
    );
    const copies = Contents.map(({ Key = '' }) => ({ from: Key, Key: Key.replace('digits/', 'leaving/') }));
    await Promise.all(
      copies.map(({ from, Key }) =>
        stack.s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}` })),
      ),
    );
    const child = startCli(inject('home'), [
      ...['--json', 'run', 'leaving/', '--no-baseline', '--engine', 'grpc', '--workers', '1'],
    ]);
    const finished = finish(child);
    const runId = await runIdFrom(child);

    // Act: the serverless arm is over once there are instances
    while ((await liveInstances(stack, runId)).length === 0) await sleep(200);
    await stack.s3.send(new DeleteObjectCommand({ Bucket, Key: copies[7]?.Key }));
    const { code, stdout } = await finished;

    // Assess
    expect(code).toBe(4);
    const summary = summarySchema.parse({ ...JSON.parse(stdout), files: undefined });
    expect(summary.agreement).toMatchObject({ equal: false, digest: null });
    expect(summary.ranking).toMatchObject({ ranked: false, faster: null });
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'FAILED', error: 'ArmsDisagree' });
  });
});

/** Processes of the emulator that run a function, by the environment that only they have. */
async function lambdaProcesses(functionName: string): Promise<number[]> {
  const home = inject('home');
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    const variables = environment.split('\0');
    if (
      variables.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`) &&
      variables.some((variable) => variable.startsWith(`HOME=${home}`))
    ) {
      found.push(Number(entry));
    }
  }
  return found;
}

async function waitForPlan({ runs }: ConnectedStack, runId: string): Promise<void> {
  for (;;) {
    const planned = await runs.get(`runs/${runId}/plan.json`).catch(() => undefined);
    if (planned !== undefined) return;
    await sleep(20);
  }
}
