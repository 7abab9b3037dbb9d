import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { openForeignBucket } from '../support/foreign-bucket.ts';
import { createMachine, startMachine, until, untilEnded } from '../support/state-machines.ts';

const BUCKET = 'emulator-items';
let emulator: Emulator;
let sfn: SFNClient;

beforeAll(async () => {
  emulator = await startEmulator();
  sfn = new SFNClient(emulator.client);
  await emulator.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
});
afterAll(async () => {
  sfn?.destroy();
  await emulator?.stop();
});

const create = (states: Record<string, unknown>, client = sfn) => createMachine(client, states);
const start = (arn: string, input: unknown, client = sfn) => startMachine(client, arn, input);
const ended = (executionArn: string, client = sfn) => untilEnded(client, executionArn);

const map = (more: Record<string, unknown>, states: Record<string, unknown>) => ({
  Map: {
    Type: 'Map',
    Label: 'Map',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: BUCKET, 'Key.$': '$.key' },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
      StartAt: Object.keys(states)[0],
      States: states,
    },
    ResultPath: null,
    End: true,
    ...more,
  },
});
const put = (key: string, items: readonly unknown[]) =>
  emulator.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: JSON.stringify(items) }));

describe('a distributed map', () => {
  /** The most children that ran at the same time. */
  async function overlap(executionArn: string): Promise<number> {
    const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
    const { executions = [] } = await sfn.send(
      new ListExecutionsCommand({ mapRunArn: mapRuns[0]?.mapRunArn ?? '' }),
    );
    const spans = executions.map(({ startDate, stopDate }) => [Number(startDate), Number(stopDate)] as const);
    return Math.max(...spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length));
  }

  it.each([1, 2, 3])('runs at most %i children at once, as MaxConcurrencyPath says', async (concurrency) => {
    // Prepare
    await put('three.json', [1, 2, 3]);
    const machine = await create(
      map({ MaxConcurrencyPath: '$.concurrency' }, { Wait: { Type: 'Wait', Seconds: 1, End: true } }),
    );

    // Act
    const execution = await start(machine, { key: 'three.json', concurrency });
    const { status } = await ended(execution);

    // Assess
    expect(status).toBe('SUCCEEDED');
    expect(await overlap(execution)).toBe(concurrency);
  });

  it.each([
    [25, { status: 'SUCCEEDED' }],
    [24, { status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' }],
    [0, { status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' }],
  ])('of which a quarter fails, at %i of ToleratedFailurePercentagePath: %o', async (tolerated, outcome) => {
    await put('quarter.json', [{ bad: true }, { bad: false }, { bad: false }, { bad: false }]);
    const machine = await create(
      map(
        { ToleratedFailurePercentagePath: '$.tolerated' },
        {
          Bad: {
            Type: 'Choice',
            Choices: [{ Variable: '$.bad', BooleanEquals: true, Next: 'No' }],
            Default: 'Yes',
          },
          Yes: { Type: 'Pass', End: true },
          No: { Type: 'Fail', Error: 'Bad', Cause: 'It is' },
        },
      ),
    );
    expect(await ended(await start(machine, { key: 'quarter.json', tolerated }))).toMatchObject(outcome);
  });
});

describe('a ResultWriter', () => {
  const json = async (key: string) => {
    const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return JSON.parse((await Body?.transformToString()) ?? '');
  };

  it('leaves what the children were given and gave, when, and where to find it', async () => {
    // Prepare
    await put('two.json', [{ n: 1 }, { n: 2, bad: true }]);
    const machine = await create(
      map(
        {
          ToleratedFailurePercentage: 100,
          ResultWriter: {
            Resource: 'arn:aws:states:::s3:putObject',
            Parameters: { Bucket: BUCKET, 'Prefix.$': '$.prefix' },
          },
        },
        {
          Bad: {
            Type: 'Choice',
            Choices: [{ Variable: '$.bad', IsPresent: true, Next: 'No' }],
            Default: 'Yes',
          },
          Yes: { Type: 'Pass', End: true },
          No: { Type: 'Fail', Error: 'Bad', Cause: 'It is' },
        },
      ),
    );

    // Act
    const execution = await start(machine, { key: 'two.json', prefix: 'runs/r/map-run' });
    const { startDate, stopDate } = await ended(execution);

    // Assess
    const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn: execution }));
    const folder = `runs/r/map-run/${mapRuns[0]?.mapRunArn?.split(':').at(-1)}`;
    const { ResultFiles } = await json(`${folder}/manifest.json`);
    expect(ResultFiles).toMatchObject({
      SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json` }],
      FAILED: [{ Key: `${folder}/FAILED_0.json` }],
      PENDING: [],
    });
    const [child] = await json(`${folder}/SUCCEEDED_0.json`);
    expect(child).toMatchObject({ Status: 'SUCCEEDED', Input: '{"n": 1}', Output: '{"n": 1}' });
    const times = [startDate, child.StartDate, child.StopDate, stopDate].map((time) =>
      new Date(time).getTime(),
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(await json(`${folder}/FAILED_0.json`)).toMatchObject([{ Error: 'Bad', Cause: 'It is' }]);
  });
});

describe('a task that waits for its token', () => {
  /** Starts a child that keeps the token in its input: there the test finds it. */
  async function waiting(limits: Record<string, unknown>, input: unknown, client = sfn) {
    const keeper = await create({ Keep: { Type: 'Succeed' } }, client);
    const machine = await create(
      {
        Wait: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.waitForTaskToken',
          Parameters: { StateMachineArn: keeper, Input: { 'token.$': '$$.Task.Token' } },
          End: true,
          ...limits,
        },
      },
      client,
    );
    const execution = await start(machine, input, client);
    const taskToken = await until('the task token', async () => {
      const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn: keeper }));
      const executionArn = executions[0]?.executionArn;
      if (executionArn === undefined) return undefined;
      const kept = await client.send(new DescribeExecutionCommand({ executionArn }));
      return (JSON.parse(kept.input ?? '{}') as { token?: string }).token;
    });
    return { execution, taskToken };
  }

  it('fails with States.Timeout after TimeoutSecondsPath', async () => {
    const { execution } = await waiting({ TimeoutSecondsPath: '$.limit' }, { limit: 1 });
    expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it.each([
    ['HeartbeatSeconds', { HeartbeatSeconds: 1 }],
    ['HeartbeatSecondsPath', { HeartbeatSecondsPath: '$.heartbeat' }],
  ])('fails with States.HeartbeatTimeout when none comes within %s', async (_, limits) => {
    const { execution } = await waiting({ TimeoutSeconds: 120, ...limits }, { heartbeat: 1 });
    expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  });

  it('in a region that is not the default one too', async () => {
    const elsewhere = new SFNClient({ ...emulator.client, region: 'eu-central-1' });
    onTestFinished(() => elsewhere.destroy());
    const { execution } = await waiting({ TimeoutSeconds: 120, HeartbeatSeconds: 1 }, {}, elsewhere);
    expect(await ended(execution, elsewhere)).toMatchObject({ error: 'States.HeartbeatTimeout' });
  });

  it('lives as long as heartbeats come, and fails once they stop', async () => {
    // Prepare
    const { execution, taskToken } = await waiting({ TimeoutSeconds: 120, HeartbeatSeconds: 6 }, {});

    // Act: longer than it would live without; only a machine that does nothing for five seconds sends one too late
    let last = 0;
    for (let beat = 0; beat < 20; beat += 1) {
      await wait(500);
      last = performance.now();
      await sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    }
    const alive = await sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
    const after = await ended(execution);

    // Assess
    expect(alive.status).toBe('RUNNING');
    expect(after).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
    expect(performance.now() - last).toBeGreaterThan(5_900);
  });

  it('succeeds with what is sent, and its heartbeat does no harm later', async () => {
    const { execution, taskToken } = await waiting(
      { HeartbeatSecondsPath: '$.heartbeat' },
      { heartbeat: 10 },
    );
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"done":true}' }));
    await ended(execution);
    await wait(11_000);
    const { status, output } = await ended(execution);
    expect({ status, output: JSON.parse(output ?? '') }).toEqual({
      status: 'SUCCEEDED',
      output: { done: true },
    });
  });
});

describe('a bucket of another account', () => {
  const text = async (place: GetObjectCommandInput, s3 = emulator.s3) =>
    (await s3.send(new GetObjectCommand(place))).Body?.transformToString();

  it('gives what its policy allows, and nothing more', async () => {
    const foreign = await openForeignBucket(emulator.client, 'foreign-some', { denied: ['no.png'] });
    for (const key of ['no.png', 'yes.png']) await foreign.put(key, 'x');
    expect(await text({ Bucket: foreign.bucket, Key: 'yes.png' })).toBe('x');
    await expect(text({ Bucket: foreign.bucket, Key: 'no.png' })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    foreign.close();
  });

  it('gives nothing to a requester who does not say that he pays, where he is to', async () => {
    const foreign = await openForeignBucket(emulator.client, 'foreign-paid', { requesterPays: true });
    await foreign.put('a.png', 'x');
    const place = { Bucket: foreign.bucket, Key: 'a.png' };
    const list = new ListObjectsV2Command({ Bucket: foreign.bucket });
    await expect(text(place)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(emulator.s3.send(list)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await text({ ...place, RequestPayer: 'requester' })).toBe('x');
    expect(await text(place, foreign.s3)).toBe('x');
    foreign.close();
  });
});
