import { describe, expect, it } from 'vitest';
import type { AccountConcurrency } from '../../../src/contract/account-limit.ts';
import { withinAccount } from '../../../src/run/account-limit.ts';
import { resolveRun, runSchema } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';

const asked = (input: object = {}) =>
  resolveRun({ prefix: 'p/', concurrency: 1000, ...input }, 'r', 0, { ...DEPLOYMENT });
const account = (unreserved: number, more: Partial<AccountConcurrency> = {}): AccountConcurrency => ({
  ...{ account: unreserved, unreserved, reserved: null },
  ...more,
});
const concurrencyIn = (found: AccountConcurrency, input: object = {}) =>
  withinAccount(asked(input), found).concurrency;

describe('a run in an account', () => {
  it.each([
    // One is left for launch-fleet and terminate-fleet, while both arms are at work.
    [10, {}, 9],
    [2, {}, 1],
    [50, {}, 49],
    [1000, {}, 999],
    [2000, {}, 1000],
    [10, { arms: ['serverless'] }, 10],
    [1, { arms: ['serverless'] }, 1],
    [10, { schedule: 'sequential' }, 10],
    [1001, {}, 1000],
    [10, { concurrency: 4 }, 4],
  ])(
    'that runs %i functions at once, with %o, has %i of measure at once',
    (unreserved, input, concurrency) => {
      const run = withinAccount(asked(input), account(unreserved));
      expect(run.concurrency).toBe(concurrency);
      expect(run.schedule).toBe(asked(input).schedule);
      expect(runSchema.parse(run)).toEqual(run);
      expect(run.accountLimit).toMatchObject({ askedConcurrency: asked(input).concurrency, unknown: null });
    },
  );

  it('has what other functions have not reserved', () => {
    expect(concurrencyIn(account(30, { account: 100 }))).toBe(29);
  });

  it('has what is reserved for measure, whatever the others take', () => {
    expect(concurrencyIn(account(5, { account: 100, reserved: 40 }))).toBe(40);
    expect(concurrencyIn(account(500, { account: 1000, reserved: 40 }))).toBe(40);
  });

  it('does one arm after the other where both have no room', () => {
    const run = withinAccount(asked(), account(1));
    expect(run).toMatchObject({ concurrency: 1, schedule: 'sequential' });
    expect(run.passes).toEqual([
      { round: 0, serverless: true, fleet: false },
      { round: 0, serverless: false, fleet: true },
    ]);
    expect(run.accountLimit?.askedSchedule).toBe('parallel');
  });

  it('is refused where the function may not run at all', () => {
    expect(() => withinAccount(asked(), account(90, { reserved: 0 }))).toThrow(
      '[CONCURRENCY_ZERO] Expected the function f to be allowed to run but its reserved concurrency is 0: remove it with `aws lambda delete-function-concurrency --function-name f`.',
    );
  });

  it('goes on as it was asked for where Lambda does not tell, and keeps why', () => {
    expect(withinAccount(asked(), 'AccessDeniedException')).toEqual({
      ...asked(),
      accountLimit: {
        ...{ askedConcurrency: 1000, askedSchedule: 'parallel' },
        ...{ found: null, unknown: 'AccessDeniedException' },
      },
    });
  });

  it('of the fleet alone is as it was', () => {
    expect(withinAccount(asked({ arms: ['fleet'] }), account(1))).toEqual(asked({ arms: ['fleet'] }));
  });
});
