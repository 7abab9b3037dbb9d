import { randomBytes } from 'node:crypto';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  ExecutionAlreadyExists,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Stack } from '../../aws/stack.ts';
import { FanfleetError } from '../../errors.ts';
import { parse } from '../../parse.ts';
import { fleetNameSchema } from '../../run/request.ts';
import { describeRun, type Execution } from '../../run/start.ts';
import { type KeptFleetReader, keptFleetIds, lifeOf } from './files.ts';
import { type KeptFleetInput, keptFleetInputSchema } from './kept-fleet.ts';

/**
 * Start the next life of a kept fleet. Of two that are started at once with one name, one is.
 *
 * @returns its id
 * @throws FanfleetError `INVALID_INPUT`, `FLEET_EXISTS` while one of this name is there
 */
export async function startKeptFleet(
  sfn: SFNClient,
  stack: Stack,
  store: Pick<KeptFleetReader, 'folders'>,
  name: string,
  input: KeptFleetInput,
): Promise<string> {
  parse(fleetNameSchema, name, 'The name of the fleet');
  parse(keptFleetInputSchema, input, 'The kept fleet');
  const latest = (await keptFleetIds(store, name)).at(-1);
  if (latest !== undefined) await expectEnded(sfn, stack, latest);
  // Without it a second start with the same input would find the first one, and take it for its own.
  const nonce = randomBytes(8).toString('hex');
  for (let life = lifeOf(latest ?? '') + 1; ; life += 1) {
    const id = `${name}.${life}`;
    try {
      await sfn.send(
        new StartExecutionCommand({
          stateMachineArn: stack.fleetsMachineArn,
          name: id,
          input: JSON.stringify({ ...input, nonce }),
        }),
      );
      return id;
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw FanfleetError.from(error, 'aws');
      await expectEnded(sfn, stack, id);
    }
  }
}

/** @throws FanfleetError `RUN_NOT_FOUND` where Step Functions has forgotten it, 90 days after its end */
export function describeKeeping(sfn: SFNClient, stack: Stack, id: string): Promise<Execution> {
  return describeRun(sfn, { ...stack, stateMachineArn: stack.fleetsMachineArn }, id);
}

/** Let a kept fleet take no more jobs: it ends when those that it has are done. */
export async function endAfterJobs(lambda: LambdaClient, stack: Stack, id: string): Promise<void> {
  await invoke(lambda, stack, { fleet: id, reason: 'stopped', isLastJob: true });
}

/** End a kept fleet at once; the runs that it works for, and those in its queue, fail and say so. */
export async function endNow(sfn: SFNClient, lambda: LambdaClient, stack: Stack, id: string): Promise<void> {
  const arn = `${stack.fleetsMachineArn.replace(':stateMachine:', ':execution:')}:${id}`;
  const stop = new StopExecutionCommand({ executionArn: arn, error: 'Stopped', cause: 'By the user' });
  await sfn.send(stop).catch((error: unknown) => {
    // It has ended already.
    if (!(error instanceof Error && error.name === 'ValidationException'))
      throw FanfleetError.from(error, 'aws');
  });
  await invoke(lambda, stack, { fleet: id, reason: 'stopped' });
}

async function invoke(lambda: LambdaClient, stack: Stack, event: object): Promise<void> {
  const Payload = Buffer.from(JSON.stringify(event));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: stack.terminateFunction, Payload }));
  if (answer.FunctionError === undefined) return;
  throw new FanfleetError(
    'FLEET_NOT_TERMINATED',
    `Expected the fleet to end but ${Buffer.from(answer.Payload ?? []).toString('utf8')}; its instances end themselves at its deadline.`,
    { source: 'aws' },
  );
}

async function expectEnded(sfn: SFNClient, stack: Stack, id: string): Promise<void> {
  const { status } = await describeKeeping(sfn, stack, id).catch((error: unknown) => {
    if (FanfleetError.from(error).code === 'RUN_NOT_FOUND') return { status: 'SUCCEEDED' };
    throw error;
  });
  if (status !== 'RUNNING') return;
  throw new FanfleetError(
    'FLEET_EXISTS',
    `Expected no kept fleet of this name but there is ${id}: give another name, or end it first with \`fanfleet fleet stop\`.`,
    { source: 'user' },
  );
}
