import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { readAccountConcurrency } from '../src/aws/account-concurrency.ts';
import { CONCURRENCY_QUOTA } from '../src/aws/limits.ts';
import { availableTo } from '../src/contract/account-limit.ts';
import { count } from '../src/format.ts';

/** What an account runs at once beside what a stack asks for. */
export interface AccountCheck {
  /** Null where Lambda does not tell. */
  readonly account: number | null;
  /** Measure functions at once by default of the stack; null where it is not deployed. */
  readonly concurrency: number | null;
  readonly found: string;
  /** What to do where the stack asks for more; null where all is well. */
  readonly fix: string | null;
}

/** Compare the concurrency of an account with that of a stack. */
export async function checkAccount(lambda: LambdaClient, measureFunction: string): Promise<AccountCheck> {
  const [answer, concurrency] = await Promise.all([
    readAccountConcurrency(lambda, measureFunction),
    deployedConcurrency(lambda, measureFunction),
  ]);
  const asked = concurrency === null ? 'no stack is deployed' : `the stack asks for ${count(concurrency)}`;
  if (typeof answer === 'string') {
    const fix =
      'give whoever asks lambda:GetAccountSettings and lambda:GetFunctionConcurrency, and credentials of the account';
    return { account: null, concurrency, found: `not known (${answer}); ${asked}`, fix };
  }
  const available = availableTo(answer);
  const reserved = answer.reserved === null ? '' : `, ${count(answer.reserved)} of them reserved for measure`;
  const unreserved =
    answer.unreserved === answer.account || answer.reserved !== null
      ? ''
      : `, of which ${count(answer.unreserved)} are not reserved`;
  const fix = `runs are kept to what there is. For more: ask for the quota ${CONCURRENCY_QUOTA} of Service Quotas (\`aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${CONCURRENCY_QUOTA} --desired-value ${(concurrency ?? 0) + 1}\`), or deploy with --param="concurrency=${available}"`;
  return {
    account: answer.account,
    concurrency,
    found: `${count(answer.account)}${unreserved}${reserved}; ${asked}`,
    fix: concurrency !== null && available < concurrency ? fix : null,
  };
}

async function deployedConcurrency(lambda: LambdaClient, FunctionName: string): Promise<number | null> {
  const found = await lambda
    .send(new GetFunctionConfigurationCommand({ FunctionName }))
    .catch(() => undefined);
  const asked = Number(found?.Environment?.Variables?.FANFLEET_CONCURRENCY);
  return Number.isInteger(asked) && asked > 0 ? asked : null;
}
