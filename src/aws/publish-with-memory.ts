import {
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda';

export interface MemoryOptions {
  readonly functionName: string;
  /** MB for the version. */
  readonly memory: number;
  /** MB that $LATEST was deployed with, and gets back. */
  readonly deployed: number;
}

const WAIT = { maxWaitTime: 120, minDelay: 1, maxDelay: 5 } as const;

/**
 * Publish a version of a function with other memory, as AWS Lambda Power Tuning does. A version never changes, so
 * runs with different memory do not disturb each other. The revision id makes two callers at once a conflict
 * (PreconditionFailedException) instead of a version with the wrong memory.
 *
 * @returns the ARN of the version
 */
export async function publishWithMemory(client: LambdaClient, options: MemoryOptions): Promise<string> {
  const { functionName: FunctionName, memory, deployed } = options;
  await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: memory }));
  try {
    const { reason } = await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
    const version = await client.send(
      new PublishVersionCommand({
        FunctionName,
        RevisionId: reason?.Configuration?.RevisionId,
        Description: `fanfleet ${memory} MB`,
      }),
    );
    if (version.MemorySize !== memory) {
      throw new Error(
        `Expected a version with ${memory} MB but it has ${version.MemorySize}; another run was faster.`,
      );
    }
    await waitUntilPublishedVersionActive({ client, ...WAIT }, { FunctionName, Qualifier: version.Version });
    return version.FunctionArn ?? FunctionName;
  } finally {
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: deployed }));
  }
}
