import { beforeAll, describe, expect, it } from 'vitest';
import { conditionsOf, differences } from '../../../src/history/conditions.ts';
import { nestedError } from '../../../src/history/nested-error.ts';
import { nightSchema } from '../../../src/history/night.ts';
import { nightOf } from '../../../src/history/night-of-run.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { resolveWorkload, workloadSchema } from '../../../src/workloads/schemas.ts';
import { sampleInput } from '../report/sample.ts';

const MANIFEST = 'c'.repeat(64);
const RUN = { runId: 'r', at: Date.UTC(2026, 8, 1, 3), error: null, addedBy: null };
let summary: Summary;

beforeAll(async () => {
  summary = buildSummary(await sampleInput({ images: 200, repeats: 3 }));
});

describe('a night', () => {
  it('has the median and the rounds of each arm, and its cost', () => {
    const night = nightOf(summary, MANIFEST, RUN);
    expect(nightSchema.parse(night)).toEqual(night);
    expect(night).toMatchObject({ status: 'succeeded', error: null, fanfleet: expect.any(String) });
    for (const { arm, seconds, rounds, usd } of night.arms) {
      const found = summary.arms.find((other) => other.arm === arm);
      expect(seconds).toBe((found?.wallMs?.median ?? 0) / 1000);
      expect(rounds.toSorted((a, b) => a - b)[1]).toBe(seconds);
      expect(usd).toBe(summary.cost?.arms.find((other) => other.arm === arm)?.usd ?? null);
    }
    expect(night.arms.map(({ arm }) => arm)).toEqual(['serverless', 'fleet']);
  });

  it('failed if an arm did, with what the run said', async () => {
    const failed = buildSummary(await sampleInput({ images: 200, fleetFails: true }));
    const night = nightOf(failed, MANIFEST, RUN);
    expect(night).toMatchObject({ status: 'failed', error: { code: 'ArmFailed' } });
    expect(night.error?.message).toMatch(/^fleet, round 0: /);
    expect(night.arms.map(({ arm }) => arm)).toEqual(['serverless']);
  });

  it('failed if the arms disagree', async () => {
    const disagree = buildSummary(await sampleInput({ images: 200, disagree: true }));
    expect(nightOf(disagree, MANIFEST, RUN).error?.code).toBe('ArmsDisagree');
  });

  it('failed if its execution did, whatever the summary says', () => {
    const error = { code: 'States.Timeout', message: 'too late' };
    expect(nightOf(summary, MANIFEST, { ...RUN, error })).toMatchObject({ status: 'failed', error });
  });
});

describe('the conditions of a night', () => {
  const changed = (change: (copy: Summary) => void) => {
    const copy = structuredClone(summary);
    change(copy);
    return differences(conditionsOf(summary, MANIFEST), conditionsOf(copy, MANIFEST));
  };

  it('are met by the same run', () => {
    expect(changed(() => undefined)).toEqual([]);
    expect(Object.values(conditionsOf(summary, MANIFEST)).filter((value) => value === '')).toEqual([]);
  });

  it('are met by the same range of the dataset, from whichever run it is', () => {
    const conditions = (statisticsRun: string, min: number) => {
      const range = { min: [min, min, min], max: [255, 255, 255] };
      const params = { ...resolveWorkload({ name: 'normalise' }).params, statisticsRun, range };
      const workload = workloadSchema.parse({ name: 'normalise', params });
      return conditionsOf({ ...summary, request: { ...summary.request, workload } }, MANIFEST);
    };
    expect(differences(conditions('r1', 0), conditions('r2', 0))).toEqual([]);
    expect(differences(conditions('r1', 0), conditions('r1', 1))).toHaveLength(1);
  });

  it('are not met by another training set, nor by more of its images that vote', () => {
    const conditions = (params: object) => {
      const workload = resolveWorkload({ name: 'knn', params });
      return conditionsOf({ ...summary, request: { ...summary.request, workload } }, MANIFEST);
    };
    const own = conditions({ training: 'train/' });
    expect(differences(own, conditions({ training: 'train/' }))).toEqual([]);
    expect(differences(own, conditions({ training: 'other/' }))).toHaveLength(1);
    expect(differences(own, conditions({ training: 'train/', k: 6 }))).toHaveLength(1);
  });

  it.each<[string, (copy: Summary) => void]>([
    [
      'workload',
      ({ request }) => Object.assign(request, { workload: resolveWorkload({ name: 'histogram' }) }),
    ],
    ['workload', ({ request }) => Object.assign(request.workload.params, { operation: 'minmax' })],
    ['workload', ({ request }) => Object.assign(request, { workload: resolveWorkload({ name: 'knn' }) })],
    ['memory of a function', ({ request }) => Object.assign(request, { memory: 3538 })],
    ['concurrency', ({ request }) => Object.assign(request, { concurrency: 7 })],
    ['repeats', ({ request }) => Object.assign(request, { repeats: 4 })],
    ['engine', ({ request }) => Object.assign(request, { engine: 'ray' })],
    ['node', ({ environment }) => Object.assign(environment, { node: 'v26.0.0' })],
    ['version of sharp', ({ environment }) => Object.assign(environment.versions, { sharp: '1.0.0' })],
    ['processor', ({ environment }) => Object.assign(environment, { cores: 64 })],
    ['answer', ({ rounds }) => Object.assign(rounds[0]?.arms[0] ?? {}, { digest: 'd'.repeat(64) })],
    [
      'instance types',
      ({ rounds }) =>
        Object.assign(armOf(rounds, 'fleet')?.fleet?.hosts[0] ?? {}, { instanceType: 'c7g.large' }),
    ],
    [
      'workers that joined',
      ({ rounds }) => Object.assign(armOf(rounds, 'fleet')?.fleet ?? {}, { workersJoined: 1 }),
    ],
    [
      'versions of the engine',
      ({ rounds }) => Object.assign(armOf(rounds, 'fleet')?.fleet?.versions ?? {}, { ray: '9.9.9' }),
    ],
  ])('are others with another %s', (name, change) => {
    expect(changed(change)).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  });

  it('are others where only one arm had another kernel, also one that the other arm has', () => {
    const nightWith = (serverless: string[], fleet: string[]) => {
      const copy = structuredClone(summary);
      for (const { arm, work } of copy.rounds.flatMap(({ arms }) => arms)) {
        if (work !== null) work.kernels = arm === 'fleet' ? fleet : serverless;
      }
      return conditionsOf(copy, MANIFEST);
    };
    const before = nightWith(['native'], ['pillow']);
    expect(differences(before, nightWith(['native'], ['native', 'pillow']))).toEqual([
      'kernel of the fleet arm: native, pillow instead of pillow',
    ]);
    expect(differences(before, nightWith(['pillow'], ['native']))).toHaveLength(2);
    expect(differences(before, nightWith(['native'], ['pillow']))).toEqual([]);
  });

  it('are the same with another version of fanfleet, which the nights judge, and another processor in AWS', () => {
    expect(changed(({ environment }) => Object.assign(environment.versions, { fanfleet: '9.0.0' }))).toEqual(
      [],
    );
    const aws = (cpuModel: string) =>
      conditionsOf(
        { ...summary, environment: { ...summary.environment, offline: false, cpuModel } },
        MANIFEST,
      );
    expect(aws('one')).toEqual(aws('other'));
  });
});

const armOf = (rounds: Summary['rounds'], name: string) => rounds[0]?.arms.find(({ arm }) => arm === name);

describe('the error of the execution that a night is', () => {
  it('is the one that the execution ended with', () => {
    const description = {
      Status: 'FAILED',
      Error: 'ArmFailed',
      Cause: 'An arm did not finish.',
      Input: '{}',
    };
    expect(nestedError({ Error: 'States.TaskFailed', Cause: JSON.stringify(description) })).toEqual({
      code: 'ArmFailed',
      message: 'An arm did not finish.',
    });
  });

  it('is the one of the function that failed in it', () => {
    const cause = JSON.stringify({
      errorMessage: '[PREFIX_EMPTY] Expected images.',
      errorType: 'PREFIX_EMPTY',
    });
    const description = { Status: 'FAILED', Error: 'Runtime.HandlerError', Cause: cause };
    const expected = { code: 'PREFIX_EMPTY', message: 'Expected images.' };
    expect(nestedError({ Error: 'States.TaskFailed', Cause: JSON.stringify(description) })).toEqual(expected);
    expect(nestedError({ Error: 'Runtime.HandlerError', Cause: cause })).toEqual(expected);
  });

  it('is what was caught, where nothing more is known', () => {
    expect(nestedError({ Error: 'States.Timeout', Cause: '' })).toEqual({
      code: 'States.Timeout',
      message: '',
    });
    expect(nestedError({ Error: 'X', Cause: 'not JSON' })).toEqual({ code: 'X', message: 'not JSON' });
    expect(nestedError({ Error: 'X', Cause: '{"Status":"TIMED_OUT"}' })).toEqual({
      code: 'X',
      message: 'TIMED_OUT',
    });
    expect(nestedError({ Error: 'X', Cause: 'y'.repeat(9000) }).message).toHaveLength(2000);
  });
});
