import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviceSchema, type Flip } from '../../../src/advice/advice.ts';
import { advise, choose } from '../../../src/advice/advise.ts';
import { candidateOf, candidatesOf, type Ground, jobOf } from '../../../src/advice/candidates.ts';
import { best, NO_LIMITS } from '../../../src/advice/choose.ts';
import { atPrice } from '../../../src/advice/flips.ts';
import { weightOf } from '../../../src/advice/strategy.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { aroundArms } from '../../../src/model/predict.ts';
import type { AdviceRequest } from '../../../src/run/advice-request.ts';
import { anyStrategy, anyWorkload, groundOf, requestOf } from './ground.ts';

const adviseOf = (workload: Parameters<typeof groundOf>[0] = {}, request: Partial<AdviceRequest> = {}) =>
  advise(groundOf(workload), requestOf(request));
const runs = { numRuns: 15 };
/** Scores are rounded, so that two that are all but equal may change places. */
const ROUNDING = 1 + 1e-9;

describe('advise', () => {
  it('never costs more for cost than for speed, nor takes longer for speed than for cost', () => {
    fc.assert(
      fc.property(anyWorkload, (workload) => {
        const [cost, balanced, speed] = (['cost', 'balanced', 'speed'] as const).map((strategy) =>
          choose(groundOf(workload), requestOf({ strategy })),
        );
        expect(cost?.usd).toBeLessThanOrEqual((balanced?.usd ?? 0) * ROUNDING);
        expect(balanced?.usd).toBeLessThanOrEqual((speed?.usd ?? 0) * ROUNDING);
        expect(speed?.seconds).toBeLessThanOrEqual((balanced?.seconds ?? 0) * ROUNDING);
        expect(balanced?.seconds).toBeLessThanOrEqual((cost?.seconds ?? 0) * ROUNDING);
      }),
      runs,
    );
  });

  it('never costs more with a looser deadline, which the advice keeps', () => {
    fc.assert(
      fc.property(
        anyWorkload,
        anyStrategy,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (workload, strategy, decades, by) => {
          const { planMs, aggregateMs, fixedMs } = aroundArms(jobOf(groundOf(workload), {}));
          const aroundSeconds = (planMs + aggregateMs + fixedMs) / 1000;
          const within = (seconds: number) =>
            choose(groundOf(workload), requestOf({ strategy, deadlineSeconds: seconds }));
          const deadlineSeconds = aroundSeconds + 10 ** decades;
          const strict = within(deadlineSeconds);
          if (strict === null) return;
          expect(strict.seconds + aroundSeconds).toBeLessThanOrEqual(deadlineSeconds);
          expect(within(deadlineSeconds * by)?.usd).toBeLessThanOrEqual(strict.usd * ROUNDING);
        },
      ),
      runs,
    );
  });

  it('is the same each time, and fits its schema', () => {
    fc.assert(
      fc.property(anyWorkload, anyStrategy, (workload, strategy) => {
        const advice = adviseOf(workload, { strategy });
        expect(adviseOf(workload, { strategy })).toEqual(advice);
        expect(adviceSchema.parse(JSON.parse(JSON.stringify(advice)))).toEqual(advice);
      }),
      { numRuns: 5 },
    );
  });

  it('has the best of the other arm beside it', () => {
    const { best: chosen, runnerUp } = adviseOf({ items: 50e6, partitions: 50 });
    expect(new Set([chosen?.settings.arm, runnerUp?.settings.arm])).toEqual(new Set(['serverless', 'fleet']));
  });

  it('says what the limits keep out, and why', () => {
    const { best: chosen, refused, candidates } = adviseOf({}, { deadlineSeconds: 400, budgetUsd: 0.55 });
    expect(chosen?.settings.arm).toBe('serverless');
    expect(new Set(refused.map(({ arm, reason }) => `${arm} ${reason}`))).toEqual(
      new Set(['serverless deadline', 'serverless budget', 'fleet deadline']),
    );
    expect(refused.reduce((sum, each) => sum + each.candidates, 0)).toBeLessThan(candidates);
    expect(refused.find(({ arm }) => arm === 'fleet')?.candidates).toBe(
      candidatesOf(groundOf()).filter(({ arm }) => arm === 'fleet').length,
    );
  });

  it('says so if nothing keeps to the limits, with what passes them least', () => {
    const none = adviseOf({ items: 1e5 }, { deadlineSeconds: 20 });
    expect(none).toMatchObject({ best: null, runnerUp: null, breakEven: null });
    expect(none.nearest?.settings.arm).toBe('serverless');
    expect(none.sentence).toContain('is possible in 20.0 s');
    expect(none.sentence).not.toContain('alone take');
    const late = adviseOf({}, { deadlineSeconds: 60, budgetUsd: 0.1 });
    expect(late.sentence).toContain(
      'in 60.0 s and for $0.100, since listing and adding up alone take 2 min 38 s',
    );
  });

  it('advises no batches that may not end in time', () => {
    const calibration = defaultCalibration('grpc');
    const { serverless } = calibration;
    const slow = serverless && { ...serverless, work: { ...serverless.work, itemMs: 2000 } };
    const ground = groundOf(
      { bytesPerItem: 87_000 },
      { calibrations: [{ ...calibration, serverless: slow }] },
    );
    const { runnerUp, refused } = advise(ground, requestOf({ strategy: 'cost' }));
    expect(refused).toContainEqual(expect.objectContaining({ arm: 'serverless', reason: 'batch time' }));
    if (runnerUp?.settings.arm !== 'serverless') throw new Error('Expected functions.');
    const seconds = 2 * runnerUp.settings.batchSize * (1769 / runnerUp.settings.memory);
    expect(seconds).toBeLessThan(150);
  });

  it('advises of one arm where the other one is not known', () => {
    const calibrations = [{ ...defaultCalibration('grpc'), fleet: null }];
    const advice = advise(groundOf({}, { calibrations }), requestOf());
    expect(advice).toMatchObject({
      best: { settings: { arm: 'serverless' } },
      runnerUp: null,
      breakEven: null,
    });
    expect(advice.sentence).toContain('no other arm is known');
  });

  it('warns of what one run cannot do', () => {
    expect(adviseOf({ items: 50e6 }).notes.join('\n')).toContain('split the prefix into 9 runs or more');
  });
});

describe('flips', () => {
  /** What is advised where one thing is another one. */
  const armAt = (ground: Ground, request: AdviceRequest, { what }: Flip, value: number) => {
    const weight = weightOf(request);
    switch (what) {
      case 'items':
        return advise({ ...ground, workload: { ...ground.workload, items: value } }, request).best?.settings
          .arm;
      case 'deadlineSeconds':
        return choose(ground, { ...request, deadlineSeconds: value })?.arm;
      case 'budgetUsd':
        return choose(ground, { ...request, budgetUsd: value })?.arm;
      case 'weight':
        return best(candidatesOf(ground), value, NO_LIMITS)?.arm;
      case 'instancePrice':
        return best(atPrice(candidatesOf(ground), value), weight, NO_LIMITS)?.arm;
    }
  };

  it('are real: the advice is another one on each side', () => {
    let seen = 0;
    fc.assert(
      fc.property(anyWorkload, anyStrategy, (workload, strategy) => {
        const ground = groundOf(workload);
        const request = requestOf({ strategy });
        for (const flip of advise(ground, request).flips) {
          seen += 1;
          expect(flip.below).not.toBe(flip.above);
          if (flip.from > 0) expect(armAt(ground, request, flip, flip.from) ?? null).toBe(flip.below);
          expect(armAt(ground, request, flip, flip.at) ?? null).toBe(flip.above);
        }
      }),
      { numRuns: 6 },
    );
    expect(seen).toBeGreaterThan(6);
  });

  it('name the size from which a fleet is cheaper to within a hundredth', () => {
    const flip = adviseOf({ items: 1e5 }, { strategy: 'cost' }).flips.find(({ what }) => what === 'items');
    expect(flip).toMatchObject({ below: 'serverless', above: 'fleet' });
    expect((flip?.at ?? 0) / (flip?.from ?? 1)).toBeLessThan(1.011);
  });
});

describe('break-even', () => {
  it('is where the two that are compared cost the same', () => {
    const ground = groundOf({ items: 1e5 });
    const advice = advise(ground, requestOf({ strategy: 'cost' }));
    const { items, cheaperBelow } = advice.breakEven ?? {};
    if (!items) throw new Error('Expected a break-even.');
    const usdOf = (arm: 'serverless' | 'fleet', count: number) => {
      const choice = [advice.best, advice.runnerUp].find((each) => each?.settings.arm === arm);
      const job = candidatesOf(ground).find(
        ({ label, usd }) => label === choice?.label && usd === choice.usd,
      )?.job;
      if (job === undefined) throw new Error('Expected the candidate.');
      return candidateOf(ground, arm, { ...job, items: count })?.usd ?? 0;
    };
    expect(cheaperBelow).toBe('serverless');
    expect(usdOf('serverless', items)).toBeGreaterThan(usdOf('fleet', items));
    expect(usdOf('serverless', items) / usdOf('fleet', items)).toBeCloseTo(1, 1);
    expect(usdOf('serverless', Math.round(items / 1.05))).toBeLessThan(
      usdOf('fleet', Math.round(items / 1.05)),
    );
  });

  it('has the utilisation from which a fleet that is kept costs less, as reckoned by hand', () => {
    // Prepare: batches of 100 that take 100 ms of one vCPU for each image, and nothing else
    const calibration = defaultCalibration('grpc');
    const { serverless, fleet } = calibration;
    if (serverless === null || fleet === null) throw new Error('Expected both.');
    const work = { ...serverless.work, itemMs: 100, getMs: 0, batchMs: 0, dispatchMs: 0 };
    const calibrations = [{ ...calibration, serverless: { ...serverless, work }, fleet: { ...fleet, work } }];
    const fixed = {
      memory: 1769,
      batchSize: 100,
      concurrency: 100,
      workers: 4,
      instanceType: 'c7g.large',
    } as const;

    // Act
    const { breakEven } = advise(groundOf({ bytesPerItem: 87_000 }, { calibrations, fixed }), requestOf());

    // Assess: five instances, of which four have eight slots; what S3 is paid is the same for both
    const hour = 5 * (0.0725 + 0.005 + (16 * 0.08) / 720);
    const fleetUsd = (hour * 0.1) / 3600 / 8;
    const express = 1e-6 + 0.0625 * 10.05 * 1.667e-5;
    const lambda =
      (1769 / 1024) * 0.1 * 1.33334e-5 + (2e-7 + express + 2.5e-5 + (1200 / 2 ** 30) * 0.5) / 100;
    expect((breakEven?.utilisation ?? 0) / (fleetUsd / lambda)).toBeCloseTo(1, 1);
  });
});
