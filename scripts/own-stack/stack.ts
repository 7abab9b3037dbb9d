import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { CREDENTIALS, REGION, readState } from '../../localstack/offline.ts';
import { readAllReduced } from '../../src/aggregate/stages.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { createS3 } from '../../src/aws/s3.ts';
import { findStack } from '../../src/aws/stack.ts';
import type { Arm } from '../../src/contract/arm.ts';
import { layout } from '../../src/contract/layout.ts';
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts';
import { describeRun, type Execution } from '../../src/run/start.ts';

/** The clients of the deployed stack, as any user's program would make them. */
export async function connectStack(home: string) {
  const state = await readState(home);
  if (state === undefined) throw new Error(`the stack of ${home} is not up`);
  const config = { region: REGION, credentials: CREDENTIALS, endpoint: `http://127.0.0.1:${state.port}` };
  const s3 = createS3(config);
  const sfn = new SFNClient(config);
  const ec2 = new EC2Client({ ...config, endpoint: `http://127.0.0.1:${state.ec2Port}` });
  const stack = await findStack(new CloudFormationClient(config), 'local');
  return { home, s3, sfn, ec2, stack, runs: new ObjectStore(s3, stack.runsBucket) };
}
export type ConnectedStack = Awaited<ReturnType<typeof connectStack>>;

/** How often is looked: each look takes the stack some ten milliseconds of a processor, and the runs want it themselves. */
const END_MS = 500;

/** What a user's SDK call does: start an execution with this input and nothing else. */
export async function startExecution({ sfn, stack }: ConnectedStack, input: unknown): Promise<string> {
  const { executionArn = '' } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: stack.stateMachineArn, input: JSON.stringify(input) }),
  );
  return executionArn.split(':').at(-1) ?? '';
}

export async function waitForEnd({ sfn, stack }: ConnectedStack, runId: string): Promise<Execution> {
  for (;;) {
    const execution = await describeRun(sfn, stack, runId);
    if (execution.status !== 'RUNNING') return execution;
    await sleep(END_MS);
  }
}

export async function readSummary({ runs }: ConnectedStack, runId: string): Promise<Summary> {
  return summarySchema.parse(await runs.getJson(layout.summary(runId)));
}

/**
 * All rows of an arm, as their text.
 *
 * @param stage of a workload that has several. @default the last one that was reduced
 */
export async function readRows(
  { runs }: ConnectedStack,
  runId: string,
  arm: Arm,
  stage?: number,
): Promise<string> {
  const place = { reader: runs, runId, arm, round: 0 };
  const last = stage ?? (await readAllReduced(place, { add: () => undefined })).at(-1)?.stage;
  const keys: string[] = [];
  for await (const { key } of runs.list(layout.results(runId, arm, 0, last))) keys.push(key);
  const files = await Promise.all(keys.sort().map((key) => runs.get(key)));
  return Buffer.concat(files).toString('utf8');
}

/** Instances that are not terminated. */
export async function liveInstances({ ec2 }: ConnectedStack, runId: string) {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:fanfleet:run', Values: [runId] },
        {
          Name: 'instance-state-name',
          Values: ['pending', 'running', 'shutting-down', 'stopping', 'stopped'],
        },
      ],
    }),
  );
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}
