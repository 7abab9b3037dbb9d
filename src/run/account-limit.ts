import { type AccountConcurrency, availableTo, BESIDE_THE_MAP } from '../contract/account-limit.ts';
import { FanfleetError } from '../errors.ts';
import { passes, type Run } from './run.ts';

/**
 * Keep a run within what the account runs at once. A map with more children would only fill a queue that Lambda does not
 * have: it refuses what is beyond, and whoever is refused too often has failed.
 *
 * Where there is no room for the functions of both arms at the same time, one arm comes after the other.
 *
 * @param found what the account allows, or why that is not known: then the run stays as it is
 * @throws FanfleetError `CONCURRENCY_ZERO` where the measure function may not run at all
 */
export function withinAccount(run: Run, found: AccountConcurrency | string): Run {
  if (!run.arms.includes('serverless')) return run;
  const asked = { askedConcurrency: run.concurrency, askedSchedule: run.schedule };
  if (typeof found === 'string') return { ...run, accountLimit: { ...asked, found: null, unknown: found } };
  const available = availableTo(found);
  if (available === 0) throw noneLeft(run);
  const accountLimit = { ...asked, found, unknown: null };
  const shared = found.reserved === null && run.schedule === 'parallel' && run.arms.includes('fleet');
  const room = available - (shared ? BESIDE_THE_MAP : 0);
  if (room >= 1) return { ...run, concurrency: Math.min(run.concurrency, room), accountLimit };
  const schedule = 'sequential';
  return {
    ...run,
    concurrency: Math.min(run.concurrency, available),
    schedule,
    passes: passes(run.arms, schedule, run.repeats),
    accountLimit,
  };
}

function noneLeft({ measure: { functionName } }: Run): FanfleetError {
  return new FanfleetError(
    'CONCURRENCY_ZERO',
    `Expected the function ${functionName} to be allowed to run but its reserved concurrency is 0: remove it with \`aws lambda delete-function-concurrency --function-name ${functionName}\`.`,
    { source: 'user' },
  );
}
