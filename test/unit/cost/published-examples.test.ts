import { describe, expect, it } from 'vitest';
import { fleetBill, serverlessBill } from '../../../src/cost/arm-bills.ts';
import type { Bill } from '../../../src/cost/bill.ts';
import {
  cloudWatchLines,
  functionLines,
  GIB,
  line,
  s3Lines,
  transitionsLine,
} from '../../../src/cost/lines.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { type InstanceUsage, NO_FLEET, NO_S3, NO_SERVERLESS } from './usages.ts';

const prices = readPrices('us-east-1');
const cents = (usd: number) => Math.round(usd * 100) / 100;
const usdOf = (bill: Bill, item: string | RegExp) =>
  bill.lines.filter((each) => each.item.match(item)).reduce((sum, { usd }) => sum + usd, 0);

/** What AWS reckons itself. Its examples take off a free tier, which a bill of ours never assumes. */
describe('an example that AWS publishes', () => {
  it('Lambda: mobile application backend, https://aws.amazon.com/lambda/pricing/ example 1', () => {
    // 3 million x 120 ms x 1,536 MB = 540,000 GB-s; less 400,000 free: 140,000 x 0.0000166667 = 2.33.
    // 3 million requests less 1 million free: 2 x 0.20 = 0.40.
    const [duration, requests] = functionLines(
      { architecture: 'x86_64', memoryMb: 1536, invocations: 3e6, billedMs: 3e6 * 120 },
      prices,
    );
    expect(duration?.quantity).toBe(540_000);
    expect(
      cents(line('lambda', '', (duration?.quantity ?? 0) - 400_000, prices.prices.lambdaX86GbSecond).usd),
    ).toBe(2.33);
    expect(cents(line('lambda', '', (requests?.quantity ?? 0) - 1e6, prices.prices.lambdaRequest).usd)).toBe(
      0.4,
    );
    expect(cents(duration?.usd ?? 0)).toBe(9);
    expect(cents(requests?.usd ?? 0)).toBe(0.6);
  });

  it('Step Functions Express: 100 million of 10 s, https://aws.amazon.com/step-functions/pricing/ example 4', () => {
    // Requests: 100 x 1.00 = 100.00. Duration: 62,500,000 GB-s = 17,361.11 GB-hours:
    // 1,000 x 0.06 + 4,000 x 0.03 + 12,361.11 x 0.01642 = 60 + 120 + 202.97 = 382.97.
    const bill = serverlessBill(
      { ...NO_SERVERLESS, expressRequests: 100e6, expressMs: 100e6 * 10_000 },
      prices,
    );
    const duration = bill.lines.find(({ item }) => item === 'Express duration');
    expect(cents(usdOf(bill, 'Express requests'))).toBe(100);
    expect(duration?.quantity).toBe(62_500_000);
    // The page gives the prices per GB-s with four digits only, as 0.00001667, which is within 0.1 %.
    expect((duration?.usd ?? 0) / 382.97).toBeCloseTo(1, 3);
  });

  it('S3 storage: 100 GB, then 100 TB in March, https://aws.amazon.com/s3/faqs/', () => {
    // 42,259,901,212,262,400 byte-hours = 52,900 GB-months in a month of 744 hours:
    // 51,200 x 0.023 + 1,700 x 0.022 = 1,177.60 + 37.40 = 1,215.00.
    const byteHours = 100 * GIB * 15 * 24 + 100 * 1024 * GIB * 16 * 24;
    expect(byteHours).toBe(42_259_901_212_262_400);
    const gbMonths = byteHours / GIB / 744;
    expect(cents(line('s3', '', gbMonths, prices.prices.s3GbMonth).usd)).toBe(1215);
  });

  it('S3 storage of a month of ours, which has 30 days', () => {
    const storage = s3Lines({ ...NO_S3, storedBytes: 52_900 * GIB, storedDays: 30 }, prices)[3];
    expect(cents(storage?.usd ?? 0)).toBe(1215);
  });

  it('EBS: 2,000 GB of gp3 for 12 hours, https://aws.amazon.com/ebs/pricing/ example 1', () => {
    // 0.08 x 2,000 x 43,200 / (86,400 x 30) = 2.667.
    const bill = fleetBill({ ...NO_FLEET, instances: [{ ...INSTANCE, volumeGib: 2000 }] }, prices);
    expect(usdOf(bill, 'gp3')).toBeCloseTo(2.667, 3);
  });

  it('S3 requests: 10,000 PUTs and 20,000 GETs a day in March, https://aws.amazon.com/s3/faqs/', () => {
    // 310,000 x 0.005 / 1,000 = 1.55; 620,000 x 0.004 / 10,000 = 0.25 (0.248).
    const [lists, gets, puts] = s3Lines({ ...NO_S3, puts: 310_000, gets: 620_000, lists: 1000 }, prices);
    expect(cents(puts?.usd ?? 0)).toBe(1.55);
    expect(cents(gets?.usd ?? 0)).toBe(0.25);
    // "PUT, COPY, POST, LIST requests (per 1,000 requests)": one price, https://aws.amazon.com/s3/pricing/.
    expect(lists?.usd).toBeCloseTo(0.005, 12);
  });

  it('surplus credits: a t3.large at 40 % pays for the 10 % above its baseline', () => {
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
    // 24 h x 2 vCPU x (0.40 - 0.30) x 0.05 = 0.24; at 30 % nothing.
    const at = (utilisation: number) => fleetBill({ ...NO_FLEET, instances: [t3(utilisation)] }, prices);
    expect(usdOf(at(0.4), 'surplus')).toBeCloseTo(0.24, 9);
    expect(usdOf(at(0.3), 'surplus')).toBeCloseTo(0, 12);
    // The page's break-even with an m5.large: at 42.5 % both cost the same, 0.096 an hour (t3.large: 0.0832).
    const m5 = { ...INSTANCE, type: 'm5.large', runningMs: 24 * HOUR_MS, volumeGib: 0 };
    const same = at(0.425).usd / fleetBill({ ...NO_FLEET, instances: [m5] }, prices).usd;
    expect(same).toBeCloseTo(1, 2);
  });
});

/** What AWS publishes a price of, but no example that was found. */
describe('a published price', () => {
  it('Step Functions Standard: 0.025 per 1,000 transitions, https://aws.amazon.com/step-functions/pricing/', () => {
    // An AWS workshop (aws-samples/the-aws-step-functions-workshop, module 13) reckons 3 x 1,000 x 0.000025 = 0.075.
    expect(transitionsLine(3 * 1000, prices).usd).toBeCloseTo(0.075, 12);
  });

  it('EC2: by the second, a minute at least, https://aws.amazon.com/ec2/pricing/on-demand/', () => {
    const run = (runningMs: number) =>
      usdOf(
        fleetBill({ ...NO_FLEET, instances: [{ ...INSTANCE, runningMs, volumeGib: 0 }] }, prices),
        /large/,
      );
    expect(run(1)).toBeCloseTo((0.0725 * 60) / 3600, 12);
    expect(run(60_000)).toBe(run(1));
    expect(run(60_001)).toBeCloseTo((0.0725 * 61) / 3600, 12);
    expect(run(0)).toBe(0);
  });

  it('public IPv4: 0.005 an hour, https://aws.amazon.com/vpc/pricing/', () => {
    const day = { ...INSTANCE, runningMs: 24 * HOUR_MS };
    expect(usdOf(fleetBill({ ...NO_FLEET, instances: [day], publicIps: 1 }, prices), 'public')).toBeCloseTo(
      0.12,
      12,
    );
  });

  it('Lambda storage: 0.0000000309 a GB-s beyond 512 MB, https://aws.amazon.com/lambda/pricing/', () => {
    const call = { architecture: 'arm64' as const, memoryMb: 1024, invocations: 1, billedMs: 1e6 };
    const storage = (ephemeralMb?: number) =>
      functionLines(ephemeralMb === undefined ? call : { ...call, ephemeralMb }, prices)[2]?.usd;
    expect(storage(10_240)).toBeCloseTo(9.5 * 1000 * 0.0000000309, 15);
    expect(storage()).toBe(0);
  });

  it('CloudWatch: 0.50 a GB of logs, 0.30 a month of a metric, https://aws.amazon.com/cloudwatch/pricing/', () => {
    const [logs, metrics] = cloudWatchLines(GIB, 10 * 720, prices);
    expect(logs?.usd).toBeCloseTo(0.5, 12);
    expect(metrics?.usd).toBeCloseTo(3, 12);
  });

  it('KMS: 0.03 per 10,000 requests, https://aws.amazon.com/kms/pricing/; S3 in the region: nothing', () => {
    const usage = { ...NO_FLEET, kmsRequests: 10_000, s3: { ...NO_S3, readBytes: 1e12 } };
    expect(fleetBill(usage, prices).usd).toBeCloseTo(0.03, 12);
  });
});

const HOUR_MS = 3_600_000;
const INSTANCE: InstanceUsage = {
  role: 'worker',
  type: 'c7g.large',
  market: 'on-demand',
  runningMs: 12 * HOUR_MS,
  volumeGib: 16,
};

function t3(utilisation: number): InstanceUsage {
  const runningMs = 24 * HOUR_MS;
  return { ...INSTANCE, type: 't3.large', runningMs, volumeGib: 0, cpuMs: utilisation * 2 * runningMs };
}
