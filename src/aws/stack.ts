import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { FanfleetError } from '../errors.ts';

/** What a deployed stack is called and has, as its outputs say. */
export interface Stack {
  readonly stage: string;
  readonly stateMachineArn: string;
  /** Of the machine that keeps fleets. */
  readonly fleetsMachineArn: string;
  readonly runsBucket: string;
  readonly dataBucket: string;
  readonly terminateFunction: string;
  readonly measureFunction: string;
  /** The same for workloads that run a model. */
  readonly measureModelFunction: string;
}

/** The name of a stage's stack, and of the function that measures, whether they are deployed or not. */
export const stackName = (stage: string): string => `fanfleet-${stage}`;
export const measureFunctionOf = (stage: string): string => `${stackName(stage)}-measure`;
const measureModelFunctionOf = (stage: string): string => `${measureFunctionOf(stage)}-model`;

/** @throws FanfleetError `NOT_DEPLOYED` if the stack is not there */
export async function findStack(client: CloudFormationClient, stage: string): Promise<Stack> {
  const name = stackName(stage);
  const stack = await client
    .send(new DescribeStacksCommand({ StackName: name }))
    .then(({ Stacks }) => Stacks?.[0])
    .catch((error: unknown) => {
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw FanfleetError.from(error, 'aws');
    });
  const outputs = new Map(stack?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const output = (key: string) => {
    const value = outputs.get(key);
    if (value !== undefined) return value;
    const how =
      stage === 'local' ? 'run `fanfleet up` and `fanfleet deploy`' : `run \`sls deploy --stage ${stage}\``;
    throw new FanfleetError('NOT_DEPLOYED', `Expected the stack ${name} but it is not there; ${how}.`, {
      source: 'user',
    });
  };
  return {
    stage,
    stateMachineArn: output('StateMachine'),
    fleetsMachineArn: output('FleetsStateMachine'),
    runsBucket: output('RunsBucket'),
    dataBucket: output('DataBucketName'),
    terminateFunction: `${name}-terminate-fleet`,
    measureFunction: measureFunctionOf(stage),
    measureModelFunction: measureModelFunctionOf(stage),
  };
}
