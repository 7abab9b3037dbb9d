import { isDeepStrictEqual } from 'node:util';
import {
  type FunctionConfiguration,
  type LambdaClient,
  PublishVersionCommand,
  paginateListVersionsByFunction,
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
 * (PreconditionFailedException) instead of a version with the wrong memory. A version that is like the function but for the
 * memory is taken again: its environments may still be warm, and the function itself stays as it is.
 *
 * @returns the ARN of the version
 */
export async function publishWithMemory(client: LambdaClient, options: MemoryOptions): Promise<string> {
  const { functionName: FunctionName, memory, deployed } = options;
  await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
  const published = await publishedWith(client, FunctionName, memory);
  if (published !== undefined) return published;
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

/** The latest version with the memory that has all else of the function as it now is. */
async function publishedWith(
  client: LambdaClient,
  FunctionName: string,
  memory: number,
): Promise<string | undefined> {
  const versions: FunctionConfiguration[] = [];
  for await (const { Versions = [] } of paginateListVersionsByFunction({ client }, { FunctionName })) {
    versions.push(...Versions);
  }
  const current = versions.find(({ Version }) => Version === '$LATEST');
  return versions.findLast(
    (version) => version !== current && version.MemorySize === memory && isAlike(version, current),
  )?.FunctionArn;
}

function isAlike(version: FunctionConfiguration, current: FunctionConfiguration | undefined): boolean {
  return isDeepStrictEqual(behaviourOf(version), current && behaviourOf(current));
}

/** What a version keeps of the function, but for its memory. */
function behaviourOf({
  CodeSha256,
  Environment,
  Layers,
  Runtime,
  Handler,
  Timeout,
  Architectures,
  Role,
}: FunctionConfiguration) {
  const layers = Layers?.map(({ Arn }) => Arn);
  const variables = Environment?.Variables ?? {};
  return { CodeSha256, layers, variables, Runtime, Handler, Timeout, Architectures, Role };
}
