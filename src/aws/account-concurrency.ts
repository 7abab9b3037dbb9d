import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  type LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import type { AccountConcurrency } from '../contract/account-limit.ts';
import { FanfleetError } from '../errors.ts';

/** Long for two small requests, and short beside what waits for the answer. */
const ASK_MS = 10_000;

/**
 * Ask Lambda how many functions the account runs at once, and how many of one function.
 *
 * @param functionName null: only about the account
 * @returns the code of the error instead, e.g. `AccessDeniedException`, where it does not tell: nobody has to know it
 */
export async function readAccountConcurrency(
  lambda: LambdaClient,
  functionName: string | null,
): Promise<AccountConcurrency | string> {
  const within = { abortSignal: AbortSignal.timeout(ASK_MS) };
  try {
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand(), within);
    const account = AccountLimit?.ConcurrentExecutions;
    if (account === undefined) return 'no answer';
    const reserved = functionName === null ? null : await reservedOf(lambda, functionName, within);
    return { account, unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? account, reserved };
  } catch (reason) {
    return FanfleetError.from(reason, 'aws').code;
  }
}

async function reservedOf(
  lambda: LambdaClient,
  FunctionName: string,
  within: { readonly abortSignal: AbortSignal },
): Promise<number | null> {
  try {
    const { ReservedConcurrentExecutions = null } = await lambda.send(
      new GetFunctionConcurrencyCommand({ FunctionName }),
      within,
    );
    return ReservedConcurrentExecutions;
  } catch (reason) {
    // Not deployed yet.
    if (reason instanceof ResourceNotFoundException) return null;
    throw reason;
  }
}
