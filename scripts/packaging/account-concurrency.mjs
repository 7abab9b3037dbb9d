import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';

/**
 * Say after a deployment if the account runs fewer functions at once than the stack asks for. Nothing fails by it: runs are
 * kept to what there is; and who may not ask need not know.
 *
 * @param {any} serverless osls has no types
 * @param {{notice(text: string): void}} log
 */
export async function tellConcurrency(serverless, log) {
  const provider = serverless.getProvider('aws');
  const asked = Number(serverless.service.provider.environment.FANFLEET_CONCURRENCY);
  const lambda = new LambdaClient({ ...(await provider.getAwsSdkV3Config()), maxAttempts: 2 });
  try {
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand());
    const there = AccountLimit?.UnreservedConcurrentExecutions;
    if (there === undefined || there >= asked) return;
    const { stage } = serverless.service.provider;
    log.notice(
      `The account runs ${there} functions at once, and the stack asks for ${asked}: runs are kept to what there is. What to do: fanfleet --stage ${stage} doctor`,
    );
  } catch (reason) {
    const name = reason instanceof Error ? reason.name : String(reason);
    log.notice(`How many functions the account runs at once is not known (${name}).`);
  } finally {
    lambda.destroy();
  }
}
