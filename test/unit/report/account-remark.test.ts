import { expect, it } from 'vitest';
import { accountRemarks } from '../../../src/report/account-remark.ts';
import { withinAccount } from '../../../src/run/account-limit.ts';
import { resolveRun } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';

const remarks = (found: Parameters<typeof withinAccount>[1], input: object = {}) => {
  const asked = resolveRun({ prefix: 'p/', concurrency: 1000, ...input }, 'r', 0, DEPLOYMENT);
  return accountRemarks({ request: withinAccount(asked, found) as never });
};
const account = { account: 10, unreserved: 10, reserved: null };

it('says what the account left of what was asked for, and what to do', () => {
  expect(remarks(account)).toEqual([
    'The account runs 10 functions at once, so the serverless arm had 9 at once instead of 1,000. Ask for more by the quota L-B99A9384 of Service Quotas.',
  ]);
  expect(remarks({ ...account, account: 1000, unreserved: 200 })[0]).toMatch(
    /^The account runs 1,000 functions at once, of which others have reserved 800, so the serverless arm had 199/,
  );
  expect(remarks({ ...account, account: 1, unreserved: 1 })[0]).toContain(
    'had 1 at once instead of 1,000, and one arm came after the other.',
  );
  expect(remarks({ ...account, reserved: 4 })).toEqual([
    '4 functions at once are reserved for measure, so the serverless arm had 4 at once instead of 1,000. Reserve more, or nothing, for more of them.',
  ]);
});

it('says why it is not known', () => {
  expect(remarks('AccessDeniedException')[0]).toMatch(
    /is not known \(AccessDeniedException\): the map had 1,000 at once.*lambda:GetAccountSettings/,
  );
});

it('has no word where there was room, or where the functions of the fleet took the rest', () => {
  expect(remarks({ account: 1000, unreserved: 1000, reserved: null })).toEqual([]);
  expect(remarks(account, { concurrency: 4 })).toEqual([]);
  expect(remarks(account, { arms: ['fleet'] })).toEqual([]);
});
