import * as z from 'zod';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { PRICE_NAMES } from './price-rows.ts';
import { SNAPSHOTS } from './snapshots/index.ts';

/** A price by tiers, each for what lies below its `upTo`; the last one has no end. */
export const priceSchema = z.object({
  unit: z.string(),
  tiers: z.array(z.object({ upTo: z.number().positive().nullable(), usd: z.number().nonnegative() })).min(1),
  source: z.string(),
  /** When it was read. */
  date: z.iso.date(),
});
export type Price = z.infer<typeof priceSchema>;

/** An instance type; the hour is that of Linux. */
export const instancePriceSchema = z.object({
  vcpus: z.int().positive(),
  memoryGib: z.number().positive(),
  architecture: z.enum(['x86_64', 'arm64']),
  onDemandHour: z.number().positive(),
  /** The mean over the zones on that day; null where nobody has looked. */
  spot: z.object({ hour: z.number().positive(), date: z.iso.date() }).nullable(),
});
export type InstancePrice = z.infer<typeof instancePriceSchema>;

/** All prices of one region on one day, US dollars without tax. */
export const pricesSchema = z.object({
  region: z.string().min(1),
  currency: z.literal('USD'),
  /** Of the oldest price in it. */
  date: z.iso.date(),
  source: z.string(),
  prices: z.record(z.enum(PRICE_NAMES), priceSchema),
  instancesSource: z.string(),
  instances: z.record(z.string(), instancePriceSchema),
});
export type Prices = Readonly<z.infer<typeof pricesSchema>> & {
  /** What has to be said of them, where they were stored by another version. */
  readonly remarks?: readonly string[];
};

/** Prices that are older are pointed out. */
export const STALE_DAYS = 90;
const DAY_MS = 86_400_000;

/** The snapshot that comes with fanfleet; null for a region that has none. */
export function findPrices(region: string): Prices | null {
  const found = SNAPSHOTS[region];
  return found === undefined ? null : parse(pricesSchema, found, `The price snapshot of ${region}`);
}

/**
 * The snapshot that comes with fanfleet.
 *
 * @throws FanfleetError `PRICES_MISSING` for a region that has none
 */
export function readPrices(region: string): Prices {
  const found = findPrices(region);
  if (found !== null) return found;
  throw pricesMissing(
    region,
    `prices of ${region} (there are those of ${Object.keys(SNAPSHOTS).join(', ')})`,
  );
}

/** @throws FanfleetError `PRICES_MISSING` for a type that is not in it */
export function instancePrice(prices: Prices, type: string): InstancePrice {
  const found = prices.instances[type];
  if (found !== undefined) return found;
  throw pricesMissing(prices.region, `a price of ${type} in ${prices.region}`, ` --types ${type}`);
}

/** How old prices are, in whole days, and whether that is too old to trust them. `now` is epoch milliseconds. */
export function ageOf({ date }: Pick<Prices, 'date'>, now: number): { ageDays: number; stale: boolean } {
  const ageDays = Math.max(0, Math.floor((now - Date.parse(date)) / DAY_MS));
  return { ageDays, stale: ageDays > STALE_DAYS };
}

function pricesMissing(region: string, what: string, more = ''): FanfleetError {
  return new FanfleetError(
    'PRICES_MISSING',
    `Expected ${what} but there is none: run \`fanfleet prices refresh --region ${region}${more}\` with credentials of an account.`,
    { source: 'user' },
  );
}
