import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { architecture } from '../../../src/contract/architecture.ts';
import { newestPrices, writePrices } from '../../../src/prices/price-files.ts';
import { PRICE_NAMES } from '../../../src/prices/price-rows.ts';
import { ageOf, instancePrice, readPrices } from '../../../src/prices/prices.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-prices-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the snapshots that come with fanfleet', () => {
  it.each(['us-east-1', 'us-west-2'])('%s has every price, with its date and source', (region) => {
    const prices = readPrices(region);
    expect(Object.keys(prices.prices).sort()).toEqual([...PRICE_NAMES].sort());
    for (const price of Object.values(prices.prices)) {
      expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\//);
      expect(price.date >= prices.date).toBe(true);
      expect(price.tiers.at(-1)?.upTo).toBeNull();
    }
  });

  it('has the processor that the launch takes for each type', () => {
    for (const [type, price] of Object.entries(readPrices('us-east-1').instances)) {
      expect(price.architecture, type).toBe(architecture(type) === 'arm64' ? 'arm64' : 'x86_64');
    }
  });

  it('says what to do for a region or a type that it has not', () => {
    expect(() => readPrices('eu-west-1')).toThrow(
      /PRICES_MISSING.*fanfleet prices refresh --region eu-west-1/,
    );
    expect(() => instancePrice(readPrices('us-east-1'), 'p9.small')).toThrow(/--types p9\.small/);
  });
});

describe('ageOf', () => {
  it('counts whole days, and none of a day to come', () => {
    const age = (now: string) => ageOf({ date: '2026-09-01' }, Date.parse(now)).ageDays;
    expect([age('2026-09-01T23:59:59Z'), age('2026-09-02'), age('2026-08-01')]).toEqual([0, 1, 0]);
  });
});

describe('newestPrices', () => {
  it('takes the newest file of the region, else what comes with fanfleet', async () => {
    const prices = readPrices('us-east-1');
    expect(await newestPrices(join(folder, 'none'), 'us-east-1')).toEqual({ prices, file: null });
    await writePrices(folder, { ...prices, date: '2026-11-02' });
    const newest = await writePrices(folder, { ...prices, date: '2026-11-20' });
    await writePrices(folder, { ...readPrices('us-west-2'), date: '2026-11-30' });
    expect(await newestPrices(folder, 'us-east-1')).toMatchObject({
      prices: { date: '2026-11-20' },
      file: newest,
    });
  });

  it('refuses a file that is no snapshot', async () => {
    await writeFile(join(folder, 'us-east-1-2026-11-20.json'), '{"region":"us-east-1"}');
    await expect(newestPrices(folder, 'us-east-1')).rejects.toThrow('INVALID_INPUT');
  });
});
