import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ListExecutionsCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../localstack/free-ports.ts';
import { awsVariables, CREDENTIALS, REGION, readState } from '../../../localstack/offline.ts';
import { alone } from '../../../scripts/own-stack/alone.ts';
import { cli, cliJson } from '../../../scripts/own-stack/cli.ts';
import { type ConnectedStack, connectStack } from '../../../scripts/own-stack/stack.ts';
import { HistoryStore } from '../../../src/history/history-store.ts';
import type { JudgedHistory } from '../../../src/history/judge.ts';
import type { Night } from '../../../src/history/night.ts';
import { until } from '../../support/state-machines.ts';
import { LEARNT } from '../../unit/history/nights.ts';
import { TopicSubscriber } from '../support/topic.ts';

const REQUEST = { arms: ['serverless'], baseline: false } as const;
const DAY = 86_400_000;

let home: string;
let stack: ConnectedStack;
let machine: string;
let topic: TopicSubscriber;
/** The first night that the schedule has run. */
let scheduled: Night;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fanfleet-nightly-'));
  const [port, ec2Port] = await freePorts(2);
  await cliJson(home, ['up', '--port', String(port), '--ec2-port', String(ec2Port)]);
  const parameters = {
    ...{ nightly: 'rate(1 minute)', nightlyPrefix: 'digits/', nightlyRepeats: 2 },
    nightlyRequest: JSON.stringify(REQUEST),
  };
  const params = Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  await alone('packing', () => cliJson(home, ['deploy', ...params]));
  await cliJson(home, ['dataset', 'sample', '--kind', 'digits', '--count', '40']);
  await cliJson(home, ['dataset', 'upload', join(home, 'dataset/digits'), '--prefix', 'digits/']);
  stack = await connectStack(home);
  const state = await readState(home);
  if (state === undefined) throw new Error('Expected the offline AWS to be up');
  const endpoint = awsVariables(state).AWS_ENDPOINT_URL ?? '';
  const formation = new CloudFormationClient({ region: REGION, credentials: CREDENTIALS, endpoint });
  const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName: 'fanfleet-local' }));
  const output = (name: string) =>
    Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue ?? '';
  machine = output('NightlyStateMachine');
  topic = await TopicSubscriber.subscribe(endpoint, output('NightlyTopic'));
});

afterAll(async () => {
  topic?.close();
  await cli(home, ['down']);
  await rm(home, { recursive: true, force: true });
});

const history = (name: string) => cliJson<JudgedHistory>(home, ['history', '--name', name]);

/** Run a night as the schedule does, under another history. */
async function runNight(name: string, request: object): Promise<DescribeExecutionOutput> {
  const input = JSON.stringify({ history: name, request, more: REQUEST });
  const { executionArn } = await stack.sfn.send(
    new StartExecutionCommand({ stateMachineArn: machine, input }),
  );
  for (;;) {
    const found = await stack.sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (found.status !== 'RUNNING') return found;
    await sleep(500);
  }
}

describe('the schedule', () => {
  it('fires, and a night is on the record that nobody started', async () => {
    let nights: Night[] = [];
    while (!nights.some(({ status }) => status === 'succeeded')) {
      await sleep(1000);
      nights = [...(await new HistoryStore(stack.runs, 'nightly').read()).nights];
    }
    scheduled = nights.find(({ status }) => status === 'succeeded') as Night;
    expect(scheduled).toMatchObject({
      addedBy: null,
      error: null,
      conditions: {
        workload: '{"name":"statistics","params":{"operation":"stats","depth":"8"}}',
        repeats: '2',
      },
    });
    expect(scheduled.arms).toMatchObject([
      { arm: 'serverless', rounds: [expect.any(Number), expect.any(Number)] },
    ]);
  });

  it('started the machine, which ran the benchmark under the same name', async () => {
    // A night is on the record shortly before its execution ends.
    const endOf = (stateMachineArn: string) =>
      until('the end of the night', async () => {
        const { executions = [] } = await stack.sfn.send(new ListExecutionsCommand({ stateMachineArn }));
        const status = executions.find(({ name }) => name === scheduled.runId)?.status;
        return status === 'RUNNING' ? undefined : (status ?? 'not there');
      });
    expect(await endOf(machine)).toBe('SUCCEEDED');
    expect(await endOf(stack.stack.stateMachineArn)).toBe('SUCCEEDED');
  });

  it('is shown by the command line', async () => {
    const { code, stdout } = await cli(home, ['history']);
    expect(code).toBe(0);
    expect(stdout).toContain(scheduled.runId);
    expect(stdout).toMatch(/^Learning: /);
  });
});

describe('a night that fails', () => {
  it('is on the record, fails its execution, and is told to the topic', async () => {
    const failed = await runNight('failing', { prefix: 'nothing-here/' });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'NightFailed' });
    const message = await topic.next(({ subject }) => subject === 'fanfleet failing: the night failed');
    expect(message.text).toContain(failed.name);
    const { nights } = await history('failing');
    expect(nights).toMatchObject([
      { state: 'failed', night: { runId: failed.name, error: { code: 'PREFIX_EMPTY' } } },
    ]);
  });

  it('is followed by a message when nights succeed again', async () => {
    expect((await runNight('failing', { prefix: 'digits/' })).status).toBe('SUCCEEDED');
    await topic.next(({ subject }) => subject === 'fanfleet failing: nights succeed again');
  });
});

describe('a night after which a regression is called', () => {
  /** Nights that were `part` as slow and as dear as the real one. */
  const planted = (daysAgo: number, part: number): Night => ({
    ...scheduled,
    runId: `planted-${daysAgo}`,
    at: scheduled.at - daysAgo * DAY,
    arms: scheduled.arms.map((arm) => ({
      ...arm,
      seconds: arm.seconds * part,
      rounds: arm.rounds.map((round) => round * part),
      usd: arm.usd === null ? null : arm.usd * part,
    })),
  });

  beforeAll(async () => {
    const store = new HistoryStore(stack.runs, 'planted');
    // The real nights are some hundred times as slow: this machine's noise does not matter.
    const fast = LEARNT.map((value, i) => planted(20 - i, value / 1000));
    for (const night of [...fast, planted(2, 1), planted(1, 1)]) await store.appendNight(night);
    expect((await history('planted')).nights.at(-1)?.state).toBe('suspect');
  });

  it('is told to the topic, and `fanfleet history` ends with 1', async () => {
    const { status, name, output } = await runNight('planted', { prefix: 'digits/', repeats: 2 });
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toMatchObject({ state: 'regression', runId: name });
    const message = await topic.next(({ subject }) => subject === 'fanfleet planted: regression');
    expect(message.text).toContain('serverless, time: ');
    const { code, stdout } = await cli(home, ['history', '--name', 'planted']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Regression: serverless time is /);
  });

  it('is shown as a picture and as a page', async () => {
    const svg = await cli(home, ['history', '--name', 'planted', '--format', 'svg']);
    expect(XMLValidator.validate(svg.stdout)).toBe(true);
    const page = await cli(home, ['history', '--name', 'planted', '--format', 'html']);
    expect(page.stdout).toContain('<h1 class="bad">Regression: ');
    expect([svg.code, page.code]).toEqual([1, 1]);
  });

  it('is accepted by a reset, which stays on the record', async () => {
    const reset = ['history', 'reset', '--name', 'planted', '--by', 'ada'];
    expect((await cli(home, [...reset, '--why', ' '])).code).toBe(2);
    expect(await cli(home, [...reset, '--why', 'images of the new camera'])).toMatchObject({ code: 0 });
    const { code, stdout } = await cli(home, ['history', '--name', 'planted']);
    expect(code).toBe(0);
    expect(stdout).toContain('ada: images of the new camera');
    expect((await runNight('planted', { prefix: 'digits/', repeats: 2 })).status).toBe('SUCCEEDED');
    expect((await history('planted')).nights.at(-1)).toMatchObject({
      state: 'learning',
      reset: { by: 'ada' },
    });
  });

  it('is not compared with another configuration', async () => {
    const { output } = await runNight('planted', { prefix: 'digits/', repeats: 1 });
    expect(JSON.parse(output ?? '')).toMatchObject({ state: 'not comparable' });
    const message = await topic.next(({ subject }) => subject.includes('not comparable'));
    expect(message.text).toContain('repeats: 1 instead of 2');
  });
});

describe('fanfleet history add', () => {
  it('puts a run on the record once', async () => {
    const add = ['history', 'add', scheduled.runId, '--name', 'by-hand', '--by', 'ada'];
    expect(await cli(home, add)).toMatchObject({ code: 0 });
    expect((await history('by-hand')).nights).toMatchObject([
      { night: { runId: scheduled.runId, addedBy: 'ada', arms: scheduled.arms } },
    ]);
    expect(await cli(home, add)).toMatchObject({ code: 2 });
    expect(await cli(home, ['history', 'add', 'no-such-run'])).toMatchObject({ code: 2 });
  });
});
