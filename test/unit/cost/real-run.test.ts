import { describe, expect, it } from 'vitest';
import type { Bill } from '../../../src/cost/bill.ts';
import { costOf } from '../../../src/cost/cost.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { realRun } from './runs.ts';

const prices = readPrices('us-east-1');
const { cost } = costOf(realRun(), prices, Date.parse('2026-11-21'));
const arm = (name: string) => cost?.arms.find((each) => each.arm === name);
const sum = (amounts: readonly number[]) => amounts.reduce((a, b) => a + b, 0);
const byItem = (bill: Bill | undefined) =>
  Object.fromEntries(bill?.lines.map(({ item, usd }) => [item, usd]) ?? []);
const GIB = 1_073_741_824;

/** A real run's bill, reckoned by hand from its summary.json and AWS's price pages. */
describe('the bill of a real run', () => {
  it('of the serverless arm is what one reckons by hand', () => {
    const byHand = {
      // 8 calls, 685 ms in all, 1,769 MB: 1.727539 GB x 0.685 s = 1.183364 GB-s
      'duration, x86_64, 1769 MB': (1769 / 1024) * 0.685 * 0.0000166667,
      requests: 8 * 0.0000002,
      // 5 states and 8 children
      'state transitions': 13 * 0.000025,
      'Express requests': 8 * 0.000001,
      // 1,200 ms after rounding up to 100, in 64 MB: 0.075 GB-s
      'Express duration': 0.075 * 0.00001667,
      // 200 images and the manifest; 8 results, 8 spans, 2 files of the map
      GET: 201 * 0.0000004,
      PUT: 18 * 0.000005,
      // 41,489 bytes of results and spans, and 200 x 150 of the map's own record, for a month
      storage: (71_489 / GIB) * 0.023,
      'from S3 in the region': 0,
      logs: ((8 * 1200) / GIB) * 0.5,
      // 3 metrics for an hour of 720
      'custom metrics': (3 / 720) * 0.3,
    };
    const lines = byItem(arm('serverless')?.bill);
    expect(Object.keys(lines).sort()).toEqual(Object.keys(byHand).sort());
    for (const [item, usd] of Object.entries(byHand)) expect(lines[item], item).toBeCloseTo(usd, 12);
    expect(arm('serverless')?.usd).toBeCloseTo(sum(Object.values(byHand)), 12);
  });

  it('of the serverless arm, for a million images, is the same to the cent', () => {
    const byHand = [
      // 685 ms x 5,000 = 3,425 s; no cold starts, since both environments were warm: 5,916.82 GB-s
      (1769 / 1024) * 3425 * 0.0000166667, // 0.0986
      // 1,000,000 / 100 a batch = 10,000 batches
      10_000 * 0.0000002, // 0.0020
      10_005 * 0.000025, // 0.2501
      10_000 * 0.000001, // 0.0100
      // each waits (1,200 - 685) / 8 = 64.375 ms: 3,425 s + 643.75 s = 4,068.75 s
      4068.75 * (64 / 1024) * 0.00001667, // 0.0042
      1_000_001 * 0.0000004, // 0.4000
      20_002 * 0.000005, // 0.1000
      (71_489 * 5000 * 0.023) / GIB, // 0.0077
      (10_000 * 1200 * 0.5) / GIB, // 0.0056
      (3 / 720) * 0.3, // 0.0013
    ];
    expect(Math.round(100 * (arm('serverless')?.usdPerMillionItems ?? 0))).toBe(88);
    expect(arm('serverless')?.usdPerMillionItems).toBeCloseTo(sum(byHand), 9);
  });

  it('of the fleet arm is what one reckons by hand', () => {
    const byHand = {
      // 24.533 s and 24.364 s: a minute each
      't3.medium, head, On-Demand': (60 / 3600) * 0.0416,
      't3.medium, worker, On-Demand': (60 / 3600) * 0.0416,
      // 2 x 16 GB for 60 s of 2,592,000
      gp3: ((32 * 60) / 2_592_000) * 0.08,
      'public addresses': (2 * 60 * 0.005) / 3600,
      // CPU: 1.494175 s + 2 x (24.533 - 10.807) s not watched = 28.946175 s; 0.622601 + 2 x (24.364 - 11.253) = 26.844601 s.
      // The baseline of a minute: 2 vCPU x 20 % x 60 s = 24 s. Surplus: 4.946175 + 2.844601 s.
      'surplus credits': ((4.946175 + 2.844601) / 3600) * 0.05,
      // launch: 8.699 s to the worker's launch; terminate: 2.747011 s from the end of the engine
      'duration, x86_64, 512 MB': 0.5 * (8.699 + 2.747011) * 0.0000166667,
      requests: 2 * 0.0000002,
      'state transitions': 5 * 0.000025,
      // reports of hosts, two last looks; and 5.328 s of the engine / 2 s
      LIST: 5 * 0.000005,
      // 200 images, 8 batches of the manifest, the manifest, 2 x (bundle, report)
      GET: 213 * 0.0000004,
      // 8 results, 8 spans, 2 reports, 5 samples each, 7 files of the fleet
      PUT: 35 * 0.000005,
      storage: (41_522 / GIB) * 0.023,
      'from S3 in the region': 0,
      logs: (2400 / GIB) * 0.5,
    };
    const { requests, ...lines } = byItem(arm('fleet')?.bill);
    const { requests: calls, ...rest } = byHand;
    expect(Object.keys(lines).sort()).toEqual(Object.keys(rest).sort());
    for (const [item, usd] of Object.entries(rest)) expect(lines[item], item).toBeCloseTo(usd, 9);
    // Two lines have this name: calls of functions, and 3 requests to KMS.
    expect(requests).toBeCloseTo(3 * 0.000003, 12);
    expect(arm('fleet')?.usd).toBeCloseTo(sum(Object.values(rest)) + calls + 9e-6, 9);
  });

  it('of the fleet arm, for a million images, is the same to the cent', () => {
    // The window of work was 4,505 ms, of which 1,718 and 1,721 were waiting for the worker's processes: 1,066 ms.
    // 4,999 times as much more: 5,328.934 s. Head 5,353.467 s, worker 5,353.298 s: both 5,354 s begun.
    const hours = 5354 / 3600;
    // Puts of samples: 720 in the first hour, and 360 in the next doubling: log2(5,353.467 / 3,600) = 0.572 of it, 206.1.
    const samples = Math.ceil(720 + 206.1);
    const byHand = [
      2 * hours * 0.0416, // 0.1237
      ((32 * 5354) / 2_592_000) * 0.08, // 0.0053
      2 * hours * 0.005, // 0.0149
      // CPU: 0.138 and 0.055 cores at work, far below the baseline of 0.4: no surplus
      0.5 * 11.446011 * 0.0000166667 + 2 * 0.0000002, // 0.0001
      5 * 0.000025,
      // a look each 2 s of 5,334.262 s: 2,667, each of a page; and 3
      2_670 * 0.000005, // 0.0134
      (1_000_000 + 10_000 + 1 + 4) * 0.0000004, // 0.4040
      (20_000 + 2 * (1 + samples) + 7) * 0.000005, // 0.1093
      (41_522 * 5000 * 0.023) / GIB, // 0.0044
      (2400 * 0.5) / GIB,
      3 * 0.000003,
    ];
    expect(Math.round(100 * (arm('fleet')?.usdPerMillionItems ?? 0))).toBe(68);
    expect(arm('fleet')?.usdPerMillionItems).toBeCloseTo(sum(byHand), 7);
  });

  it('of the whole run has both arms, and what was done beside them', () => {
    // baseline, aggregate (0.915 s from the end of the fleet), report (2 s, and reading the rows as long as the aggregate)
    const seconds1769 = 0.734752 + 0.915 + (2 + 0.915);
    const shared = [
      // From the begin to the first arm 1.022 s, less the baseline's 0.734752 s: validate and plan at 1,024 MB
      (1.022 - 0.734752) * 0.0000166667,
      (1769 / 1024) * seconds1769 * 0.0000166667,
      5 * 0.0000002,
      // 9 states and Baseline; 2 passes of Arms, each with a branch of two states that is not wanted
      16 * 0.000025,
      // the prefix; results of two arms; two folders of hosts; the map's folder
      6 * 0.000005,
      // baseline 200; manifest, 8 results and 8 spans of two arms; manifest and 8 results for the report; 4 of the run,
      // 5 of the fleet, 2 hosts twice, 3 of the map
      (200 + 2 * 17 + 9 + 4 + 5 + 4 + 3) * 0.0000004,
      // manifest, baseline, request, plan, summary, report in three forms
      8 * 0.000005,
      (200 * 150 * 0.023) / GIB,
      (5 * 1200 * 0.5) / GIB,
    ];
    const arms = (arm('serverless')?.usd ?? 0) + (arm('fleet')?.usd ?? 0);
    expect(cost?.comparison.usd).toBeCloseTo(sum(shared) + arms, 9);
    expect(cost?.comparison.usd).toBeCloseTo(sum(cost?.comparison.lines.map(({ usd }) => usd) ?? []), 12);
  });
});
