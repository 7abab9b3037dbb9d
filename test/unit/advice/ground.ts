import fc from 'fast-check';
import type { Ground, Workload } from '../../../src/advice/candidates.ts';
import { workloadOf } from '../../../src/advice/run-advice.ts';
import { jobSchema } from '../../../src/model/job.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { type AdviceRequest, adviceRequestSchema, STRATEGIES } from '../../../src/run/advice-request.ts';

export const PRICES = readPrices('us-east-1');

/** What there is to choose from where nothing was measured but the kernels. */
export function groundOf(workload: Partial<Workload> = {}, over: Partial<Ground> = {}): Ground {
  return {
    workload: workloadOf(jobSchema.parse({ items: 1e6, ...workload })),
    fixed: {},
    calibrations: [defaultCalibration('grpc')],
    prices: PRICES,
    ...over,
  };
}

export const requestOf = (over: Partial<AdviceRequest> = {}) => adviceRequestSchema.parse(over);

export const anyWorkload: fc.Arbitrary<Partial<Workload>> = fc.record({
  items: fc.double({ min: 3, max: 9, noNaN: true }).map((power) => Math.round(10 ** power)),
  bytesPerItem: fc.integer({ min: 500, max: 2_000_000 }),
  workload: fc.constantFrom('statistics', 'normalise'),
  packed: fc.boolean(),
  partitions: fc.constantFrom(1, 20),
});
export const anyStrategy = fc.constantFrom(...STRATEGIES);
