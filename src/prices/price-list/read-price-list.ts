import { type Filter, type PricingClient, paginateGetProducts } from '@aws-sdk/client-pricing';
import { forEachConcurrent } from '../../concurrency/for-each-concurrent.ts';
import { FanfleetError } from '../../errors.ts';
import { parse } from '../../parse.ts';
import { type FreePrice, type ListedPrice, PRICE_ROWS, type PriceName } from '../price-rows.ts';
import { type InstancePrice, type Price, type Prices, pricesSchema, readPrices } from '../prices.ts';
import {
  INSTANCE_FILTERS,
  instanceOf,
  type Product,
  parseProduct,
  tiersOf,
  usageTypesOf,
} from './product.ts';

export interface ReadPriceListOptions {
  /** In a region that has the price list: us-east-1, eu-central-1 or ap-south-1. */
  readonly pricing: PricingClient;
  readonly region: string;
  /** Instance types that must be there. */
  readonly types: readonly string[];
  /** Instance types that are left out where the region does not have them. */
  readonly typesIfThere: readonly string[];
  /** Latest Spot price of each type; types without one are not in it. */
  readonly spot: (types: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

const DEFAULT_REGION = 'us-east-1';
const SOURCE = 'AWS Price List API';
/** Calls at once: the price list allows few. */
const CONCURRENCY = 4;

/**
 * All prices of a region from AWS's price list, and the Spot prices of now.
 *
 * @throws FanfleetError `PRICE_NOT_LISTED` for what the list does not have, `PRICE_LIST_UNCLEAR` for what it has twice
 */
export async function readPriceList(options: ReadPriceListOptions): Promise<Prices> {
  const { region, types, typesIfThere, now } = options;
  const date = new Date(now).toISOString().slice(0, 10);
  const prices: Partial<Record<PriceName, Price>> = {};
  const rows = Object.entries(PRICE_ROWS) as [PriceName, ListedPrice | FreePrice][];
  await forEachConcurrent(rows, CONCURRENCY, async ([name, row]) => {
    prices[name] = 'free' in row ? freePrice(row, date) : await listedPrice(options, name, row, date);
  });
  const instances = new Map<string, InstancePrice>();
  await forEachConcurrent(new Set([...types, ...typesIfThere]), CONCURRENCY, async (type) => {
    const found = await products(options, 'AmazonEC2', { ...INSTANCE_FILTERS, instanceType: type });
    if (found[0] !== undefined) instances.set(type, instanceOf(found[0]));
    else if (types.includes(type)) throw notListed(type, region);
  });
  const spot = await options.spot([...instances.keys()]);
  const sorted = [...instances].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return parse(
    pricesSchema,
    {
      region,
      currency: 'USD',
      date,
      source: SOURCE,
      prices,
      instancesSource: SOURCE,
      instances: Object.fromEntries(
        sorted.map(([type, price]) => {
          const hour = spot.get(type);
          return [type, { ...price, spot: hour === undefined ? null : { hour, date } }];
        }),
      ),
    },
    `The price list of ${region}`,
  );
}

function freePrice({ unit, free }: FreePrice, date: string): Price {
  return { unit, tiers: [{ upTo: null, usd: 0 }], source: free, date };
}

async function listedPrice(
  options: ReadPriceListOptions,
  name: PriceName,
  row: ListedPrice,
  date: string,
): Promise<Price> {
  const found = await onlyProduct(options, name, row);
  if (found === null) return elsewhere(name, options.region);
  return { unit: row.unit, tiers: tiersOf(found), source: SOURCE, date };
}

async function onlyProduct(
  options: ReadPriceListOptions,
  name: PriceName,
  { serviceCode, filters, usageType, isEverywhere }: ListedPrice,
): Promise<Product | null> {
  const found = (await products(options, serviceCode, filters)).filter((product) =>
    usageTypesOf(product, options.region).some((type) => usageType.test(type)),
  );
  const [only] = found;
  if (only === undefined && isEverywhere === false) return null;
  if (only === undefined) throw notListed(name, options.region);
  // A price may be listed for each of several operations, and is then the same.
  const different = new Set(found.map((product) => JSON.stringify(tiersOf(product))));
  if (different.size === 1) return only;
  throw new FanfleetError(
    'PRICE_LIST_UNCLEAR',
    `Expected one price of ${name} in ${options.region} but the price list has ${different.size}.`,
    { source: 'aws' },
  );
}

/** A price of something that the region does not have. */
function elsewhere(name: PriceName, region: string): Price {
  const { region: other, prices } = readPrices(DEFAULT_REGION);
  return { ...prices[name], source: `${prices[name].source} (${other}; ${region} does not have it)` };
}

async function products(
  { pricing, region }: ReadPriceListOptions,
  ServiceCode: string,
  attributes: Readonly<Record<string, string>>,
): Promise<Product[]> {
  const Filters: Filter[] = Object.entries({ regionCode: region, ...attributes }).map(([Field, Value]) => ({
    Type: 'TERM_MATCH',
    Field,
    Value,
  }));
  const found: Product[] = [];
  const pages = paginateGetProducts({ client: pricing }, { ServiceCode, Filters, FormatVersion: 'aws_v1' });
  for await (const { PriceList = [] } of pages)
    found.push(...PriceList.map((text: unknown) => parseProduct(String(text))));
  return found;
}

function notListed(what: string, region: string): FanfleetError {
  return new FanfleetError(
    'PRICE_NOT_LISTED',
    `Expected a price of ${what} in ${region} but AWS's price list has none: correct the region or the type.`,
    { source: 'user' },
  );
}
