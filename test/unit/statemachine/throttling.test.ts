import { describe, expect, it } from 'vitest';
import { STEP_FUNCTIONS_LIMITS } from '../../../src/aws/limits.ts';
import { serverlessSetup } from '../../../src/model/arm-setup.ts';
import { estimate } from '../../../src/model/estimate.ts';
import { jobSchema } from '../../../src/model/job.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { withinAccount } from '../../../src/run/account-limit.ts';
import { resolveRun } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';
import { allStates, type Retrier, readDefinition, type State } from './definition.ts';
import { playThrottledMap, type ThrottledMap } from './throttled-map.ts';

const THROTTLED = 'Lambda.TooManyRequestsException';
const definitions = [readDefinition(), readDefinition('nightly'), readDefinition('fleets')];
const calls = definitions
  .flatMap(allStates)
  .filter(([, { Resource }]) => Resource?.includes('lambda:invoke'));
const retrierOf = ({ Retry = [] }: State): Retrier => {
  const found = Retry.find(({ ErrorEquals }) => ErrorEquals.includes(THROTTLED));
  return found ?? expect.fail('no Retry for throttling');
};
/** What all waits add up to, on the average. */
const meanSeconds = ({
  IntervalSeconds = 1,
  BackoffRate = 2,
  MaxDelaySeconds = 0,
  MaxAttempts = 0,
}: Retrier) =>
  Array.from(
    { length: MaxAttempts },
    (_, k) => Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** k) / 2,
  ).reduce((sum, seconds) => sum + seconds, 0);

const measure = retrierOf(calls.find(([name]) => name === 'Measure')?.[1] ?? expect.fail());
const TASK: ThrottledMap = {
  ...{ batches: 10_000, batchMs: 2000, children: 10, account: 10, retrier: measure },
  ...{ dispatchMs: 50, mostMs: STEP_FUNCTIONS_LIMITS.expressSeconds * 1000, seed: 1 },
};

describe('a task that Lambda refuses since the account has no more at once', () => {
  // A warm-up that is refused is left out.
  it.each(calls.filter(([name]) => !['Measure', 'WarmUpOne'].includes(name)))(
    '%s waits for about an hour',
    (_, state) => {
      expect(state.Retry?.[0]?.ErrorEquals).toEqual([THROTTLED]);
      expect(meanSeconds(retrierOf(state))).toBeGreaterThan(3000);
      expect(meanSeconds(retrierOf(state))).toBeLessThan(4500);
      // Each attempt is three events.
      expect(3 * (retrierOf(state).MaxAttempts ?? 0)).toBeLessThan(STEP_FUNCTIONS_LIMITS.historyEvents / 10);
    },
  );

  it('Measure waits as long as an Express execution lasts, less a batch', () => {
    expect(meanSeconds(measure)).toBeGreaterThan(200);
    expect(meanSeconds(measure)).toBeLessThan(STEP_FUNCTIONS_LIMITS.expressSeconds - 50);
  });
});

describe('10,000 batches of 2 s in an account that runs 10 functions at once', () => {
  it('are all done by a run that keeps within the account, in the time that `estimate` says', () => {
    // Prepare: launch-fleet has taken one of the ten
    const asked = resolveRun({ prefix: 'p/', concurrency: 1000 }, 'r', 0, DEPLOYMENT);
    const { concurrency } = withinAccount(asked, { account: 10, unreserved: 10, reserved: null });
    const job = jobSchema.parse({ items: 10_000, batchSize: 1, concurrency });
    const calibration = defaultCalibration('daft');
    const { serverless } = calibration;
    if (serverless === null) expect.fail();
    const setup = { ...serverlessSetup(job, calibration, serverless), batchMs: 2050, dispatchMs: 50 };

    // Act
    const played = playThrottledMap({ ...TASK, children: concurrency, account: 9 });

    // Assess
    expect(played).toMatchObject({ lost: 0, refused: 0 });
    const seconds = estimate(setup).wallMs / 1000;
    expect(seconds).toBeGreaterThan(0.85 * (played.wallMs / 1000));
    expect(seconds).toBeLessThan(1.15 * (played.wallMs / 1000));
  });

  it.each([1, 2, 3])('are all done beside another run of the same size, seed %i', (seed) => {
    const { lost, refused } = playThrottledMap({ ...TASK, batches: 20_000, children: 20, seed });
    expect(refused).toBeGreaterThan(1000);
    expect(lost).toBe(0);
  });

  it('are mostly lost by a map of 1,000 children with few retries', () => {
    const retrier = { ...measure, MaxDelaySeconds: 30, MaxAttempts: 8 };
    const { lost } = playThrottledMap({ ...TASK, children: 1000, retrier });
    expect(lost).toBeGreaterThan(7000);
    expect(lost).toBeLessThan(8000);
  });
});
