import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRANSITIONS } from '../../../src/cost/transitions.ts';
import { type Job, jobSchema } from '../../../src/model/job.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { billOfArm, predict, problemsOf, setupsOf } from '../../../src/model/predict.ts';
import { scalingCurves } from '../../../src/model/scaling.ts';
import { readPrices } from '../../../src/prices/prices.ts';

const PRICES = readPrices('us-east-1');
const jobOf = (over: Partial<Job>): Job => jobSchema.parse({ items: 1e6, ...over });
const predictOf = (over: Partial<Job>) => predict(jobOf(over), defaultCalibration('grpc'), PRICES);

function armOf(over: Partial<Job>, arm: 'serverless' | 'fleet') {
  const found = predictOf(over).find((each) => each.arm === arm);
  if (found === undefined) throw new Error('Expected the arm.');
  return found;
}

describe('predict', () => {
  it('takes longer, and costs more, for more images', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1e9 }),
        fc.double({ min: 1.5, max: 100, noNaN: true }),
        (items, by) => {
          const fewer = predictOf({ items });
          for (const [index, more] of predictOf({ items: Math.round(items * by) }).entries()) {
            expect(more.seconds).toBeGreaterThanOrEqual(fewer[index]?.seconds ?? 0);
            expect(more.usd).toBeGreaterThan(fewer[index]?.usd ?? 0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes no longer with more functions, workers, vCPUs or partitions', () => {
    const items = fc.integer({ min: 1e5, max: 1e8 });
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 50, max: 400 }),
        fc.integer({ min: 1, max: 100 }),
        (items, a, b) => {
          const less = { items, concurrency: a, workers: b };
          const seconds = armOf(less, 'serverless').seconds * (1 + 1e-6);
          for (const over of [{ concurrency: 2 * a }, { memory: 3538 }, { partitions: 4 }, { warm: true }]) {
            expect(armOf({ ...less, ...over }, 'serverless').seconds).toBeLessThanOrEqual(seconds);
          }
          const fleet = armOf(less, 'fleet').seconds * (1 + 1e-6);
          for (const over of [{ workers: b + 10 }, { instanceType: 'c7g.2xlarge' }]) {
            expect(armOf({ ...less, ...over }, 'fleet').seconds).toBeLessThanOrEqual(fleet);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes as many times the requests, states and children for so many stages', () => {
    // Prepare
    const quantity = (stages: number | null, arm: 'serverless' | 'fleet', item: string) =>
      armOf({ stages }, arm).bill.lines.find((line) => line.item === item)?.quantity ?? 0;

    // Act and assess: 10,000 batches of 100; of each stage four states, and five around all
    const transitions = (stages: number | null) => quantity(stages, 'serverless', 'state transitions');
    expect([transitions(1), transitions(20)]).toEqual([5 + 4 + 10_000, 5 + 20 * (4 + 10_000)]);
    expect(transitions(null)).toBe(TRANSITIONS.serverlessBranch + 10_000);
    expect(quantity(20, 'serverless', 'Express requests')).toBe(20 * 10_000);
    // And the reduce once more than there are stages.
    expect(quantity(20, 'serverless', 'requests')).toBe(20 * 10_000 + 21);
    for (const arm of ['serverless', 'fleet'] as const) {
      // Each image and each file of a batch in each stage; the rest are states and what is around them.
      expect(quantity(20, arm, 'GET')).toBeGreaterThan(20 * (1_000_000 + 10_000));
      expect(quantity(20, arm, 'GET')).toBeLessThan(20 * (1_000_000 + 30_000));
      expect(armOf({ stages: 20 }, arm).seconds).toBeGreaterThan(armOf({ stages: 10 }, arm).seconds);
    }
  });

  it('says where the reduce of a stage takes longer than a function has', () => {
    const job = jobOf({ items: 5e7, batchSize: 100, stages: 3 });
    const problems = problemsOf(job, setupsOf(job, defaultCalibration('grpc'), PRICES));
    expect(problems.join()).toMatch(/The reduce of a stage would take \d+ s/);
  });

  it('is held by what S3 takes from one partition', () => {
    const { seconds, limit } = armOf({ items: 50e6 }, 'serverless');
    expect(limit).toBe('S3 GET rate');
    expect(seconds).toBeCloseTo(50e6 / 5500, -2);
    // A GET of 8 MiB of a tar brings 76 images.
    expect(armOf({ items: 50e6, packed: true }, 'serverless').seconds).toBeLessThan(seconds / 10);
  });

  it('bills what the arms use: seconds of functions while S3 keeps them waiting, instances for the whole arm', () => {
    const serverless = armOf({ items: 50e6 }, 'serverless');
    const quantity = (lines: readonly { item: string; quantity: number }[], item: RegExp) =>
      lines.find((line) => item.test(line.item))?.quantity ?? 0;
    const gbSeconds = (1769 / 1024) * 1000 * serverless.seconds;
    expect(quantity(serverless.bill.lines, /duration, arm64/) / gbSeconds).toBeCloseTo(1, 1);
    expect(quantity(serverless.bill.lines, /^GET/i) / 50e6).toBeCloseTo(1, 2);
    const fleet = armOf({ items: 50e6, workers: 3 }, 'fleet');
    expect(quantity(fleet.bill.lines, /t3.medium, worker/) / ((3 * fleet.seconds) / 3600)).toBeCloseTo(1, 2);
    expect(quantity(fleet.bill.lines, /t3.medium, head/) / (fleet.seconds / 3600)).toBeCloseTo(1, 2);
  });

  it('has a function make the session of a model with its cold start, unless the measured job did so, too', () => {
    const startOf = (over: Partial<Job>, workload: Job['workload']) => {
      const calibration = { ...defaultCalibration('grpc'), workload };
      return setupsOf(jobOf(over), calibration, PRICES).find(({ arm }) => arm === 'serverless')?.slotStartMs;
    };
    const none = startOf({ memory: 1769 }, 'statistics') ?? Number.NaN;
    expect(startOf({ memory: 1769, workload: 'classify' }, 'statistics')).toBe(none + 670);
    // With less than a vCPU it takes longer, with two no less.
    expect(startOf({ memory: 1000, workload: 'classify' }, 'statistics')).toBeCloseTo(none + 670 * 1.769);
    expect(startOf({ memory: 3538, workload: 'classify' }, 'statistics')).toBe(none + 670);
    expect(startOf({ memory: 1769, workload: 'embed' }, 'classify')).toBe(none);
    expect(startOf({ memory: 1769 }, 'classify')).toBe(none);
    expect(startOf({ memory: 1769, workload: 'classify', warm: true }, 'statistics')).toBe(0);
  });

  it('leaves out an arm that the calibration does not know', () => {
    const calibration = { ...defaultCalibration('grpc'), serverless: null };
    expect(predict(jobOf({}), calibration, PRICES).map(({ arm }) => arm)).toEqual(['fleet']);
    expect(scalingCurves(jobOf({}), calibration, PRICES)).toBeNull();
  });

  it('refuses an instance type that has no price', () => {
    expect(() => predictOf({ instanceType: 'x9.huge' })).toThrow('PRICES_MISSING');
  });

  it('has a bill that is the sum of its lines', () => {
    for (const setup of setupsOf(jobOf({}), defaultCalibration('grpc'), PRICES)) {
      const bill = billOfArm(jobOf({}), setup, { wallMs: 1e6, busyMs: 1e8 }, PRICES);
      expect(bill.lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(bill.usd, 9);
    }
  });
});

describe('problemsOf', () => {
  const problems = (over: Partial<Job>) => {
    const job = jobOf(over);
    return problemsOf(job, setupsOf(job, defaultCalibration('grpc'), PRICES)).join('\n');
  };

  it('says what one run cannot do', () => {
    expect(problems({ items: 1e6 })).toBe('');
    expect(problems({ items: 1e7 })).toMatch(/listing .* 900 s: split the prefix into 2 runs/);
    expect(problems({ items: 1e9 })).toMatch(/aggregate .* 900 s/);
    expect(problems({ items: 1e9 })).toMatch(/150 GB, and a Distributed Map reads 10 GB/);
    expect(problems({ concurrency: 5000 })).toMatch(/1000 functions at once and the map asks for 5000/);
    const slow = { bytesPerItem: 40e6, workload: 'normalise', batchSize: 10_000, memory: 512 } as const;
    expect(problems({ ...slow, items: 1000 })).toBe('');
    expect(problems({ bytesPerItem: 60_000, workload: 'normalise', batchSize: 10_000, memory: 512 })).toBe(
      '',
    );
  });

  it('says that a batch does not fit into the time of a function', () => {
    const calibration = defaultCalibration('grpc');
    const { serverless } = calibration;
    const slow = serverless && { ...serverless, work: { ...serverless.work, itemMs: 10_000 } };
    const job = jobOf({ bytesPerItem: 87_000 });
    const setups = setupsOf(job, { ...calibration, serverless: slow }, PRICES);
    expect(problemsOf(job, setups).join()).toMatch(/A batch would take 1000 s, .* at most 29 images/);
  });
});

describe('scalingCurves', () => {
  it('has both arms at every size from 10^3 to 10^9, and where they cross', () => {
    const curves = scalingCurves(jobOf({ workers: 20 }), defaultCalibration('grpc'), PRICES);
    expect(curves?.sizes[0]).toBe(1e3);
    expect(curves?.sizes.at(-1)).toBe(1e9);
    for (const { points } of curves?.arms ?? []) expect(points).toHaveLength(curves?.sizes.length ?? 0);
    const crossing = curves?.crossings.find(({ what }) => what === 'usd');
    expect(crossing).toMatchObject({ below: 'serverless', above: 'fleet' });
    // At the crossing both cost the same, as far as a straight line between two sizes goes.
    const at = predictOf({ workers: 20, items: Math.round(crossing?.items ?? 0) });
    expect((at[0]?.usd ?? 0) / (at[1]?.usd ?? 1)).toBeCloseTo(1, 0);
    expect(curves?.notes.join()).toMatch(/From 10,000,000 images on/);
  });
});
