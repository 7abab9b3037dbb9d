import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateOf, candidatesOf } from '../../../src/advice/candidates.ts';
import { best, NO_LIMITS } from '../../../src/advice/choose.ts';
import { scoreOf, weightOf } from '../../../src/advice/strategy.ts';
import { engineSchema } from '../../../src/contract/engines.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { predict } from '../../../src/model/predict.ts';
import { anyStrategy, anyWorkload, groundOf, PRICES, requestOf } from './ground.ts';

const UNIT = { usd: 1, seconds: 1 };
const ENGINES = engineSchema.options.map(defaultCalibration);

describe('candidatesOf', () => {
  it('has what the model predicts of each', () => {
    for (const { job, arm, seconds, usd } of candidatesOf(groundOf()).filter((_, i) => i % 37 === 0)) {
      const found = predict(job, defaultCalibration('grpc'), PRICES).find((each) => each.arm === arm);
      expect({ seconds, usd }).toEqual({ seconds: found?.seconds, usd: found?.usd });
    }
  });

  it('leaves out no type, engine or architecture that would be better than those that it has', () => {
    const types = Object.keys(PRICES.instances).filter(
      (type) => (PRICES.instances[type]?.memoryGib ?? 0) >= 4,
    );
    fc.assert(
      fc.property(
        anyWorkload,
        anyStrategy,
        fc.constantFrom(...types),
        fc.constantFrom(...engineSchema.options),
        fc.constantFrom(1, 8, 256),
        fc.constantFrom(50, 1000),
        (workload, strategy, instanceType, engine, workers, batchSize) => {
          const ground = groundOf(workload, { calibrations: ENGINES });
          const weight = weightOf(requestOf({ strategy }));
          const candidates = candidatesOf(ground);
          const least = (arm: string) => {
            const found = best(
              candidates.filter((one) => one.arm === arm),
              weight,
              NO_LIMITS,
            );
            if (found === null) throw new Error('Expected a candidate.');
            return { score: scoreOf(found, weight, UNIT), job: found.job };
          };
          const fleet = least('fleet');
          const other = candidateOf(ground, 'fleet', {
            ...fleet.job,
            instanceType,
            engine,
            workers,
            batchSize,
          });
          if (other === null) throw new Error('Expected a fleet.');
          expect(fleet.score).toBeLessThanOrEqual(scoreOf(other, weight, UNIT) + 1e-9);
          const serverless = least('serverless');
          const x86 = candidateOf(ground, 'serverless', { ...serverless.job, architecture: 'x86_64' });
          if (x86 === null) throw new Error('Expected functions.');
          expect(serverless.score).toBeLessThanOrEqual(scoreOf(x86, weight, UNIT));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps what is fixed, and the quota of the account', () => {
    const fixed = {
      memory: 2048,
      batchSize: 77,
      engine: 'daft',
      workers: 5,
      instanceType: 'c5.large',
    } as const;
    const found = candidatesOf(groundOf({ accountConcurrency: 150 }, { fixed, calibrations: ENGINES }));
    const serverless = found.filter(({ arm }) => arm === 'serverless');
    expect(new Set(serverless.map(({ job }) => job.concurrency))).toEqual(new Set([10, 20, 50, 100, 150]));
    expect(found.length).toBe(serverless.length + 1);
    for (const { job, arm } of found) {
      expect(job).toMatchObject({ memory: 2048, batchSize: 77 });
      if (arm === 'fleet') expect(job).toMatchObject(fixed);
    }
  });

  it('offers Spot where its price is known, or where it is asked for', () => {
    const markets = (ground: ReturnType<typeof groundOf>) =>
      new Set(candidatesOf(ground).flatMap(({ arm, job }) => (arm === 'fleet' ? [job.market] : [])));
    expect(markets(groundOf())).toEqual(new Set(['on-demand']));
    expect(markets(groundOf({}, { fixed: { market: 'spot' } }))).toEqual(new Set(['spot']));
    const c7g = PRICES.instances['c7g.xlarge'];
    if (c7g === undefined) throw new Error('Expected a price.');
    const spot = { ...c7g, spot: { hour: 0.05, date: '2026-11-01' } };
    const prices = { ...PRICES, instances: { ...PRICES.instances, 'c7g.xlarge': spot } };
    const found = candidatesOf(groundOf({}, { prices })).filter(({ job }) => job.market === 'spot');
    expect(new Set(found.map(({ job }) => job.instanceType))).toEqual(new Set(['c7g.xlarge']));
  });

  it('gives engines of Python hosts with 4 GiB, and our own program 2', () => {
    const least = (engine: 'daft' | 'grpc') => {
      const ground = groundOf({}, { calibrations: [defaultCalibration(engine)] });
      const types = candidatesOf(ground).filter(({ arm }) => arm === 'fleet');
      return Math.min(...types.map(({ job }) => PRICES.instances[job.instanceType]?.memoryGib ?? 0));
    };
    expect([least('daft'), least('grpc')]).toEqual([4, 2]);
  });

  it('knows which part is paid for instances whatever they do', () => {
    const [fleet] = candidatesOf(
      groundOf({}, { fixed: { instanceType: 'c7g.large', workers: 3, batchSize: 100 } }),
    ).filter(({ arm }) => arm === 'fleet');
    if (fleet === undefined) throw new Error('Expected a fleet.');
    const hours = (4 * Math.ceil(fleet.seconds)) / 3600;
    expect(fleet.instancesUsd).toBeCloseTo(hours * 0.0725, 12);
    expect(fleet.standingUsd).toBeCloseTo(hours * (0.0725 + 0.005 + (16 * 0.08) / 720), 12);
  });

  it('refuses a type that has no price', () => {
    const ground = groundOf({}, { fixed: { instanceType: 'x9.huge' } });
    expect(() => candidatesOf(ground)).toThrow('PRICES_MISSING');
  });
});
