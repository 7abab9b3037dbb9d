import { CONCURRENCY_QUOTA } from '../aws/limits.ts';
import { count } from '../format.ts';
import type { Summary } from './summary-schema.ts';

/** One or two functions less than asked for are not worth a word: they are left to the fleet's own functions. */
const WORTH_SAYING = 0.95;

/** What the account's concurrency did to the serverless arm, in words; nothing where it had what it asked for. */
export function accountRemarks({ request }: Pick<Summary, 'request'>): string[] {
  const { accountLimit, concurrency, schedule } = request;
  if (accountLimit === undefined) return [];
  const { found, unknown, askedConcurrency, askedSchedule } = accountLimit;
  if (found === null) {
    return [
      `How many functions the account runs at once is not known (${unknown}): the map had ${count(concurrency)} at once, of which Lambda may have refused some. Allow the functions lambda:GetAccountSettings and lambda:GetFunctionConcurrency, as the stack of this version does.`,
    ];
  }
  const inTurn = schedule === askedSchedule ? '' : ', and one arm came after the other';
  if (inTurn === '' && concurrency >= WORTH_SAYING * askedConcurrency) return [];
  const why =
    found.reserved === null
      ? `The account runs ${count(found.account)} functions at once${found.unreserved === found.account ? '' : `, of which others have reserved ${count(found.account - found.unreserved)}`}`
      : `${count(found.reserved)} functions at once are reserved for measure`;
  const more =
    found.reserved === null
      ? `Ask for more by the quota ${CONCURRENCY_QUOTA} of Service Quotas.`
      : 'Reserve more, or nothing, for more of them.';
  return [
    `${why}, so the serverless arm had ${count(concurrency)} at once instead of ${count(askedConcurrency)}${inTurn}. ${more}`,
  ];
}
