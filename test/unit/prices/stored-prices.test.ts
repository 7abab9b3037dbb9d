import { describe, expect, it } from 'vitest';
import { type Prices, pricesSchema, readPrices } from '../../../src/prices/prices.ts';
import { readStoredPrices } from '../../../src/prices/stored-prices.ts';

const REGION = 'us-east-1';
const shipped = readPrices(REGION);
const FILE = 'prices/us-east-1.json';
const read = (value: unknown, region = REGION) => readStoredPrices(JSON.stringify(value), region, FILE);

/** Every price twice as dear, as a later list might have it. */
const doubled = structuredClone(shipped) as { prices: Prices['prices'] } & Omit<Prices, 'prices'>;
for (const price of Object.values(doubled.prices)) for (const tier of price.tiers) tier.usd *= 2;

describe('a list of prices that was stored', () => {
  it('is read as it is by the version that wrote it', () => {
    expect(read(doubled)).toEqual({ ...doubled, remarks: [] });
  });

  it('by an older version takes what it lacks from the shipped list, and says so', () => {
    const { s3GetStandardIa: _, kmsRequest: __, ...prices } = doubled.prices;
    const found = read({ ...doubled, date: '2026-10-01', prices });
    expect(found.prices.s3GetStandardIa).toEqual(shipped.prices.s3GetStandardIa);
    expect(found.prices.s3Get).toEqual(doubled.prices.s3Get);
    expect(found.date).toBe('2026-10-01');
    expect(found.remarks).toEqual([
      'prices/us-east-1.json has no price of s3GetStandardIa, kmsRequest: taken from the list of us-east-1 that comes with fanfleet (2026-09-01). `fanfleet prices refresh` writes all.',
    ]);
    expect(pricesSchema.safeParse(found).success).toBe(true);
  });

  it('of a region for which nothing is shipped takes it from us-east-1', () => {
    const { kmsRequest: _, ...prices } = doubled.prices;
    const found = read({ ...doubled, region: 'eu-west-1', prices }, 'eu-west-1');
    expect(found.prices.kmsRequest).toEqual(shipped.prices.kmsRequest);
    expect(found.remarks?.[0]).toContain('taken from the list of us-east-1');
  });

  it('by a newer version is read without what is not known, whatever form that has', () => {
    const prices = { ...doubled.prices, s3Teleport: 'by the mile' };
    const found = read({ ...doubled, schema: 7, prices });
    expect(found.prices).toEqual(doubled.prices);
    expect(found.remarks).toEqual([
      'prices/us-east-1.json has prices that this version does not know, and leaves: s3Teleport.',
    ]);
  });

  it.each([
    ['no JSON', '{"region":', /prices\/us-east-1\.json is no JSON: /],
    ['nothing', '', /is no JSON/],
    ['another thing', '[]', /Expected object for `\(root\)` but received \[\]/],
    [
      'no region',
      JSON.stringify({ ...doubled, region: undefined }),
      /Expected string for `region` but received nothing/,
    ],
    [
      'another region',
      JSON.stringify({ ...doubled, region: 'us-west-2' }),
      /has those of us-west-2, not of us-east-1/,
    ],
    [
      'a price of another form',
      JSON.stringify({ ...doubled, prices: { ...doubled.prices, s3Get: 4e-7 } }),
      /Expected object for `prices\.s3Get` but received 4e-7/,
    ],
    [
      'a price below nothing',
      JSON.stringify({
        ...doubled,
        prices: { ...doubled.prices, s3Get: { ...shipped.prices.s3Get, tiers: [{ upTo: null, usd: -1 }] } },
      }),
      /`prices\.s3Get\.tiers\.0\.usd`/,
    ],
  ])('with %s is refused with what to do', (_, text, problem) => {
    const act = () => readStoredPrices(text, REGION, FILE);
    expect(act).toThrow(problem);
    expect(act).toThrow(
      /^\[INVALID_INPUT\] Expected a list of prices that fanfleet has written, but .*Write it anew with `fanfleet prices refresh`, or remove it/,
    );
  });
});

describe('the lists that come with fanfleet', () => {
  it.each(['us-east-1', 'us-west-2'])(
    '%s is not older than a year (docs/costs.md says how to refresh it)',
    (region) => {
      const { date, prices } = readPrices(region);
      const days = (day: string) => (Date.now() - Date.parse(day)) / 86_400_000;
      expect(days(date), 'days since its date').toBeLessThan(365);
      for (const [name, price] of Object.entries(prices)) expect(days(price.date), name).toBeLessThan(365);
    },
  );
});
