import { randomBytes } from 'node:crypto';
import { InvokeCommand, type LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type ExecutionStatus,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Stack } from '../aws/stack.ts';
import { FanfleetError } from '../errors.ts';
import type { RequestInput } from './request.ts';

export interface Execution {
  readonly runId: string;
  readonly arn: string;
  readonly status: ExecutionStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** A run id that sorts by time; it is the execution's name too. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').slice(0, 15);
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

/** Start an execution with the input just as it is given: the state machine checks it. */
export async function startRun(
  sfn: SFNClient,
  stack: Stack,
  runId: string,
  input: RequestInput,
): Promise<string> {
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: stack.stateMachineArn,
      name: runId,
      input: JSON.stringify(input),
    }),
  );
  return executionArn ?? executionArnOf(stack, runId);
}

/** @throws FanfleetError `RUN_NOT_FOUND` */
export async function describeRun(sfn: SFNClient, stack: Stack, runId: string): Promise<Execution> {
  const executionArn = executionArnOf(stack, runId);
  try {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return {
      runId,
      arn: executionArn,
      status: found.status ?? 'RUNNING',
      startedAt: found.startDate?.getTime() ?? 0,
      endedAt: found.stopDate?.getTime() ?? null,
      error: found.error ?? null,
      cause: found.cause ?? null,
    };
  } catch (error) {
    if (!(error instanceof ExecutionDoesNotExist)) throw FanfleetError.from(error, 'aws');
    throw new FanfleetError(
      'RUN_NOT_FOUND',
      `Expected a run ${runId} of the stage ${stack.stage} but there is none; \`fanfleet status\` lists them.`,
      { cause: error, source: 'user' },
    );
  }
}

/** The latest runs, newest first. */
export async function listRuns(sfn: SFNClient, stack: Stack, most: number): Promise<Execution[]> {
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: stack.stateMachineArn, maxResults: most }),
  );
  return executions.map((found) => ({
    runId: found.name ?? '',
    arn: found.executionArn ?? '',
    status: found.status ?? 'RUNNING',
    startedAt: found.startDate?.getTime() ?? 0,
    endedAt: found.stopDate?.getTime() ?? null,
    error: null,
    cause: null,
  }));
}

/**
 * Stop an execution and end its fleet. A stopped execution cannot clean up after itself, so the function that it
 * would have called is called from here.
 */
export async function stopRun(
  sfn: SFNClient,
  lambda: LambdaClient,
  stack: Stack,
  runId: string,
): Promise<void> {
  await sfn
    .send(
      new StopExecutionCommand({
        executionArn: executionArnOf(stack, runId),
        error: 'Stopped',
        cause: 'By the user',
      }),
    )
    .catch(ignoreEnded);
  const call = { FunctionName: stack.terminateFunction, Payload: Buffer.from(JSON.stringify({ runId })) };
  const answer = await lambda.send(new InvokeCommand(call)).catch((error: unknown) => {
    // All of the account's concurrency is in use, maybe by this run's own batches: Lambda keeps the call, for hours.
    if (error instanceof TooManyRequestsException)
      return lambda.send(new InvokeCommand({ ...call, InvocationType: 'Event' }));
    throw FanfleetError.from(error, 'aws');
  });
  if (answer.FunctionError !== undefined) {
    throw new FanfleetError(
      'FLEET_NOT_TERMINATED',
      `Expected the fleet of ${runId} to be terminated but ${Buffer.from(answer.Payload ?? []).toString('utf8')}; its instances end themselves at their deadline.`,
      { source: 'aws' },
    );
  }
}

function ignoreEnded(error: unknown): void {
  if (error instanceof Error && error.name === 'ValidationException') return;
  throw FanfleetError.from(error, 'aws');
}

function executionArnOf(stack: Stack, runId: string): string {
  return `${stack.stateMachineArn.replace(':stateMachine:', ':execution:')}:${runId}`;
}
