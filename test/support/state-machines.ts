import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';

const LIMIT_MS = 60_000;
let machines = 0;

/** A state machine of these states, which begins with the first one. */
export async function createMachine(client: SFNClient, states: Record<string, unknown>): Promise<string> {
  machines += 1;
  const { stateMachineArn = '' } = await client.send(
    new CreateStateMachineCommand({
      name: `machine-${machines}`,
      roleArn: 'arn:aws:iam::000000000000:role/any',
      definition: JSON.stringify({ StartAt: Object.keys(states)[0], States: states }),
    }),
  );
  return stateMachineArn;
}

export async function startMachine(
  client: SFNClient,
  stateMachineArn: string,
  input: unknown,
): Promise<string> {
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return executionArn;
}

/** What `look` finds once it finds something. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(50);
  }
  throw new Error(`Expected ${what} within ${LIMIT_MS} ms`);
}

export function untilEnded(client: SFNClient, executionArn: string): Promise<DescribeExecutionCommandOutput> {
  return until(`${executionArn} to end`, async () => {
    const found = await client.send(new DescribeExecutionCommand({ executionArn }));
    return found.status === 'RUNNING' ? undefined : found;
  });
}
