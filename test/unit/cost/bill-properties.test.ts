import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fleetBill, serverlessBill } from '../../../src/cost/arm-bills.ts';
import { addBills } from '../../../src/cost/bill.ts';
import { tieredUsd } from '../../../src/cost/lines.ts';
import type { FleetUsage, S3Usage, ServerlessUsage } from '../../../src/cost/usage.ts';
import { readPrices } from '../../../src/prices/prices.ts';

const prices = readPrices('us-east-1');
const count = (max: number) => fc.integer({ min: 0, max });

const s3: fc.Arbitrary<S3Usage> = fc.record({
  lists: count(1e4),
  gets: count(1e7),
  puts: count(1e7),
  storedBytes: count(1e12),
  storedDays: fc.constant(30),
});
/** Below the first tier's end of every price. */
const serverless: fc.Arbitrary<ServerlessUsage> = fc.record({
  architecture: fc.constantFrom('arm64' as const, 'x86_64' as const),
  memoryMb: fc.constant(1769),
  invocations: count(1e6),
  billedMs: count(1e11),
  stateTransitions: count(1e5),
  expressRequests: count(1e6),
  expressMs: count(1e9),
  s3,
  logBytes: count(1e9),
  metricHours: count(1000),
});
const instance = fc.record({
  role: fc.constantFrom('head' as const, 'worker' as const),
  type: fc.constantFrom('t3.medium', 't4g.small', 'c7g.large', 'c7i.xlarge'),
  market: fc.constantFrom('on-demand' as const, 'spot' as const),
  runningMs: count(1e8),
  volumeGib: count(100),
  cpuMs: fc.option(count(4e8)),
});
const fleet: fc.Arbitrary<FleetUsage> = fc
  .record({ instances: fc.array(instance, { maxLength: 6 }), stateTransitions: count(100), s3 })
  .map((usage) => ({ ...usage, publicIps: usage.instances.length, functions: [] }));

describe('a bill', () => {
  it('is the same for so many instances that are alike as for each of them', () => {
    fc.assert(
      fc.property(fleet, fc.integer({ min: 1, max: 20 }), count(60), (usage, times, publicIps) => {
        const each = usage.instances.flatMap((one) => Array.from({ length: times }, () => one));
        const counted = usage.instances.map((one) => ({ ...one, count: times }));
        const one = fleetBill({ ...usage, publicIps, instances: each }, prices);
        const other = fleetBill({ ...usage, publicIps, instances: counted }, prices);
        expect(other.usd).toBeCloseTo(one.usd, 6);
        expect(other.lines.map(({ item }) => item).sort()).toEqual(one.lines.map(({ item }) => item).sort());
      }),
    );
  });

  it('has the shares of a kept fleet to the millisecond, so that all of them are its whole time', () => {
    const shares = fc.array(fc.tuple(count(30_000), count(30_000)), { minLength: 1, maxLength: 5 });
    const one = { role: 'worker', type: 't3.medium', market: 'on-demand', volumeGib: 16, cpuMs: 0 } as const;
    const billed = (instances: FleetUsage['instances']) => {
      const none = { lists: 0, gets: 0, puts: 0, storedBytes: 0, storedDays: 0 };
      return fleetBill({ instances, publicIps: 1, stateTransitions: 0, functions: [], s3: none }, prices);
    };
    fc.assert(
      fc.property(shares, (jobs) => {
        const bills = jobs.map(([runningMs, idleBeforeMs]) => billed([{ ...one, runningMs, idleBeforeMs }]));
        const wholeMs = jobs.reduce((sum, [ran, idle]) => sum + ran + idle, 0);
        const hours = bills
          .flatMap(({ lines }) => lines)
          .filter(({ service }) => service === 'ec2')
          .reduce((sum, { quantity }) => sum + quantity, 0);
        expect(hours).toBeCloseTo(wholeMs / 3_600_000, 9);
        const total = bills.reduce((sum, { usd }) => sum + usd, 0);
        expect(total).toBeCloseTo(billed([{ ...one, runningMs: 0, idleBeforeMs: wholeMs }]).usd, 9);
      }),
    );
  });

  it('is the sum of its lines, none of which is negative', () => {
    fc.assert(
      fc.property(serverless, fleet, (a, b) => {
        for (const { usd, lines } of [serverlessBill(a, prices), fleetBill(b, prices)]) {
          expect(usd).toBeCloseTo(
            lines.reduce((sum, line) => sum + line.usd, 0),
            9,
          );
          expect(lines.every((line) => line.usd >= 0 && line.quantity > 0)).toBe(true);
          for (const line of lines) expect(line.quantity * line.unitPrice).toBeCloseTo(line.usd, 6);
        }
      }),
    );
  });

  it('of two runs of the serverless arm is the bill of both together, up to the first tier', () => {
    fc.assert(
      fc.property(serverless, serverless, (a, other) => {
        const b = { ...other, architecture: a.architecture };
        const apart = addBills([serverlessBill(a, prices), serverlessBill(b, prices)]);
        const both = serverlessBill(sum(a, b), prices);
        expect(apart.usd).toBeCloseTo(both.usd, 6);
        expect(apart.lines).toHaveLength(both.lines.length);
      }),
    );
  });

  it('of two fleets is the bill of all their instances', () => {
    fc.assert(
      fc.property(fleet, fleet, (a, b) => {
        const both: FleetUsage = {
          instances: [...a.instances, ...b.instances],
          publicIps: a.publicIps + b.publicIps,
          stateTransitions: a.stateTransitions + b.stateTransitions,
          functions: [],
          s3: addS3(a.s3, b.s3),
        };
        const apart = addBills([fleetBill(a, prices), fleetBill(b, prices)]);
        expect(apart.usd).toBeCloseTo(fleetBill(both, prices).usd, 6);
      }),
    );
  });

  it('never falls when an instance runs longer at the same load, nor when a function does', () => {
    fc.assert(
      fc.property(instance, serverless, count(1e7), (one, usage, more) => {
        const fleetOf = (runningMs: number) => ({
          instances: [{ ...one, runningMs, cpuMs: null }],
          publicIps: 1,
          stateTransitions: 0,
          functions: [],
          s3: { lists: 0, gets: 0, puts: 0, storedBytes: 0, storedDays: 0 },
        });
        const { usd } = fleetBill(fleetOf(one.runningMs), prices);
        expect(fleetBill(fleetOf(one.runningMs + more), prices).usd).toBeGreaterThanOrEqual(usd);
        const longer = { ...usage, billedMs: usage.billedMs + more, expressMs: usage.expressMs + more };
        expect(serverlessBill(longer, prices).usd).toBeGreaterThanOrEqual(serverlessBill(usage, prices).usd);
      }),
    );
  });

  it('of tiers rises with the quantity, and each unit costs at most the first price', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(prices.prices)),
        fc.double({ min: 0, max: 1e11, noNaN: true }),
        fc.double({ min: 0, max: 1e10, noNaN: true }),
        (price, quantity, more) => {
          const usd = tieredUsd(price, quantity);
          expect(tieredUsd(price, quantity + more)).toBeGreaterThanOrEqual(usd);
          expect(usd).toBeLessThanOrEqual(quantity * (price.tiers[0]?.usd ?? 0) * (1 + 1e-9));
        },
      ),
    );
  });
});

function sum(a: ServerlessUsage, b: ServerlessUsage): ServerlessUsage {
  return {
    ...a,
    invocations: a.invocations + b.invocations,
    billedMs: a.billedMs + b.billedMs,
    stateTransitions: a.stateTransitions + b.stateTransitions,
    expressRequests: a.expressRequests + b.expressRequests,
    expressMs: a.expressMs + b.expressMs,
    s3: addS3(a.s3, b.s3),
    logBytes: (a.logBytes ?? 0) + (b.logBytes ?? 0),
    metricHours: (a.metricHours ?? 0) + (b.metricHours ?? 0),
  };
}

function addS3(a: S3Usage, b: S3Usage): S3Usage {
  return {
    lists: a.lists + b.lists,
    gets: a.gets + b.gets,
    puts: a.puts + b.puts,
    storedBytes: a.storedBytes + b.storedBytes,
    storedDays: 30,
  };
}
