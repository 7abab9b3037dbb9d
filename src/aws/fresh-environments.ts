import {
  GetFunctionConfigurationCommand,
  type LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';

const WAIT = { maxWaitTime: 120, minDelay: 1, maxDelay: 5 } as const;
/** The variable that is changed. Nothing reads it. */
const VARIABLE = 'FANFLEET_FRESH';

/**
 * Let a function start anew in all its environments: Lambda ends those that are idle when a variable of the function
 * changes, and the next call of each is a cold start. Versions with other memory that are published afterwards have it too.
 *
 * @param mark another one each time; null takes the variable away again
 */
export async function freshEnvironments(
  client: LambdaClient,
  FunctionName: string,
  mark: string | null,
): Promise<void> {
  await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
  const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const { [VARIABLE]: before, ...variables } = Environment?.Variables ?? {};
  if (mark === null && before === undefined) return;
  const Variables = mark === null ? variables : { ...variables, [VARIABLE]: mark };
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
}
