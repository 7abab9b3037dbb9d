import { describe, expect, it } from 'vitest';
import type { RunFacts } from '../../../src/aggregate/run-facts.ts';
import { fleetBill, serverlessBill } from '../../../src/cost/arm-bills.ts';
import { costOf } from '../../../src/cost/cost.ts';
import { fleetUsage } from '../../../src/cost/fleet-usage.ts';
import { s3Lines } from '../../../src/cost/lines.ts';
import { serverlessUsage } from '../../../src/cost/serverless-usage.ts';
import { classNotes, classShares, readsOf, STORAGE_CLASSES } from '../../../src/cost/storage-classes.ts';
import { jobSchema } from '../../../src/model/job.ts';
import { defaultCalibration } from '../../../src/model/parameters.ts';
import { predict } from '../../../src/model/predict.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { armOf, realRun } from './runs.ts';
import { NO_S3 } from './usages.ts';

const prices = readPrices('us-east-1');
const MILLION = 1e6;
const GIB = 2 ** 30;
const tally = (items: number, bytes: number) => ({ items, bytes, gets: items, listingGets: 0 });

/** Of a million GETs and 100 GiB: by the page of prices, by hand. */
const US_EAST_1 = [
  ['STANDARD', 0.4],
  ['INTELLIGENT_TIERING', 0.4],
  ['REDUCED_REDUNDANCY', 0.4],
  ['STANDARD_IA', 1 + 1],
  ['ONEZONE_IA', 1 + 1],
  ['GLACIER_IR', 10 + 3],
  ['EXPRESS_ONEZONE', 0.03 + 0.06],
  // Restored copies are read as Standard, and so is what has no price here.
  ['DEEP_ARCHIVE', 0.4],
  ['OUTPOSTS', 0.4],
  ['A_CLASS_OF_2030', 0.4],
] as const;

describe('reading images of a storage class', () => {
  it.each(US_EAST_1)('a million GETs of %s, 100 GiB, cost $%d', (storageClass, usd) => {
    const classes = [{ storageClass, gets: MILLION, bytes: 100 * GIB }];
    const lines = s3Lines({ ...NO_S3, gets: MILLION, readBytes: 100 * GIB, classes }, prices);
    expect(lines.reduce((sum, each) => sum + each.usd, 0)).toBeCloseTo(usd, 9);
  });

  it('divides a mixed prefix by GETs and by bytes', () => {
    const shares = classShares({ STANDARD: tally(300, 900), GLACIER_IR: tally(100, 100) });
    expect(readsOf(shares, 4000, 1000)).toEqual([
      { storageClass: 'STANDARD', gets: 3000, bytes: 900 },
      { storageClass: 'GLACIER_IR', gets: 1000, bytes: 100 },
    ]);
  });

  it('is told where it is not as Standard', () => {
    const GROUPS = { one: 'row group', many: 'row groups' };
    expect(classNotes({ STANDARD: tally(9, 9), INTELLIGENT_TIERING: tally(9, 9) }, GROUPS)).toEqual([]);
    expect(
      classNotes({ GLACIER_IR: tally(1200, 9), GLACIER: tally(3, 9), SNOW: tally(1, 9) }, GROUPS),
    ).toEqual([
      '1,200 of the row groups are in the storage class GLACIER_IR: their GETs, and the bytes that were read, are billed by that class.',
      '3 of the row groups are in the storage class GLACIER, which has to be restored before it can be read; what is read of it is billed as Standard.',
      '1 of the row groups are in the storage class SNOW, of which no price is known: billed as Standard.',
    ]);
  });
});

describe('the bill of a run', () => {
  const run = realRun();
  const { items, bytes } = run.plan;
  const inClass = (storageClass: string): RunFacts => ({
    ...run,
    plan: { ...run.plan, storageClasses: { [storageClass]: { ...tally(items, bytes), listingGets: 7 } } },
  });
  const lineOf = (lines: readonly { item: string; quantity: number; usd: number }[], item: string) =>
    lines.find((each) => each.item === item) ?? { quantity: 0, usd: 0 };

  it.each(['serverless', 'fleet'] as const)('has the GETs of images by class in the %s arm', (arm) => {
    const bill = (facts: RunFacts) => {
      const round = armOf(facts, arm);
      if (arm === 'fleet') return fleetBill(fleetUsage(facts, round, prices) ?? expect.fail(), prices);
      return serverlessBill(serverlessUsage(facts, round) ?? expect.fail(), prices);
    };
    const [before, after] = [bill(run), bill(inClass('GLACIER_IR'))];
    const gets = armOf(run, arm).use?.gets ?? 0;
    expect(gets).toBeGreaterThanOrEqual(items);
    expect(lineOf(after.lines, 'GET, GLACIER_IR')).toMatchObject({ quantity: gets, usd: gets * 1e-5 });
    expect(lineOf(after.lines, 'GET').quantity).toBe(lineOf(before.lines, 'GET').quantity - gets);
    const read = armOf(run, arm).bytes / GIB;
    expect(lineOf(after.lines, 'retrieval, GLACIER_IR').usd).toBeCloseTo(read * 0.03, 12);
    expect(after.usd - before.usd).toBeCloseTo(gets * (1e-5 - 4e-7) + read * 0.03, 12);
  });

  it('has those of the listing, of the baseline and of all rounds, and says so', () => {
    const cost = costOf(inClass('STANDARD_IA'), prices, Date.parse('2026-11-21')).cost;
    const ofArms = (armOf(run, 'serverless').use?.gets ?? 0) + (armOf(run, 'fleet').use?.gets ?? 0);
    const found = lineOf(cost?.comparison.lines ?? [], 'GET, STANDARD_IA');
    expect(found.quantity).toBeCloseTo(ofArms + (run.baseline?.items ?? 0) + 7, 9);
    expect(cost?.notes[0]).toMatch(/^\d+ of the images are in the storage class STANDARD_IA: their GETs/);
  });

  it('has one line of GETs where all images are in Standard', () => {
    const { lines } = costOf(run, prices, Date.parse('2026-11-21')).cost?.comparison ?? { lines: [] };
    expect(lines.map(({ item }) => item).filter((item) => /GET|retrieval/.test(item))).toEqual(['GET']);
  });
});

describe('a prediction', () => {
  it.each(STORAGE_CLASSES)('bills %s on both arms as a run would', (storageClass) => {
    const asked = { items: MILLION, bytesPerItem: (100 * GIB) / MILLION };
    const usd = (storage: readonly object[]) =>
      predict(jobSchema.parse({ ...asked, storage }), defaultCalibration('daft'), prices).map(
        (each) => each.usd,
      );
    const of = new Map<string, number>(US_EAST_1);
    const more = (of.get(storageClass) ?? Number.NaN) - 0.4;
    const standard = usd([]);
    expect(standard).toHaveLength(2);
    for (const [arm, found] of usd([{ storageClass, gets: 1, bytes: 1 }]).entries()) {
      expect(found - (standard[arm] ?? 0)).toBeCloseTo(more, 6);
    }
  });
});
