import * as z from 'zod';
import { FanfleetError } from '../../errors.ts';
import { parse } from '../../parse.ts';
import type { InstancePrice, Price } from '../prices.ts';

/** What is read of a product of AWS's price list: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html. */
const productSchema = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z.object({
    OnDemand: z
      .record(
        z.string(),
        z.object({
          priceDimensions: z.record(
            z.string(),
            z.object({
              beginRange: z.string().default('0'),
              endRange: z.string().default('Inf'),
              pricePerUnit: z.object({ USD: z.string().regex(/^\d+(\.\d+)?$/) }),
            }),
          ),
        }),
      )
      .default({}),
  }),
});
export type Product = z.infer<typeof productSchema>;

/** @param text one of the texts that GetProducts gives */
export function parseProduct(text: string): Product {
  return parse(productSchema, JSON.parse(text), 'A product of the price list');
}

/**
 * The usage type as it is and without what stands for the region before most of them: `USW2-Request` is `Request`, and
 * `us-east-1-KMS-Requests` is `KMS-Requests`.
 */
export function usageTypesOf({ product }: Product, region: string): readonly string[] {
  const { usagetype = '' } = product.attributes;
  const named = `${region}-`;
  if (usagetype.startsWith(named)) return [usagetype, usagetype.slice(named.length)];
  return [usagetype, usagetype.replace(/^[A-Z]{2,4}\d?-/, '')];
}

/** The On-Demand tiers, the first one from 0. @throws FanfleetError `PRICE_LIST_UNCLEAR` where they leave a gap */
export function tiersOf({ terms, product }: Product): Price['tiers'] {
  const dimensions = Object.values(terms.OnDemand).flatMap(({ priceDimensions }) =>
    Object.values(priceDimensions),
  );
  const sorted = dimensions
    .map(({ beginRange, endRange, pricePerUnit }) => ({
      from: Number(beginRange),
      upTo: endRange === 'Inf' ? null : Number(endRange),
      usd: Number(pricePerUnit.USD),
    }))
    .sort((a, b) => a.from - b.from);
  const whole =
    sorted.length > 0 && sorted.every(({ from }, i) => from === (i === 0 ? 0 : sorted[i - 1]?.upTo));
  if (whole && sorted.at(-1)?.upTo === null) return sorted.map(({ upTo, usd }) => ({ upTo, usd }));
  throw new FanfleetError(
    'PRICE_LIST_UNCLEAR',
    `Expected prices from 0 without a gap for ${product.attributes.usagetype} but got ${JSON.stringify(sorted)}.`,
    { source: 'aws' },
  );
}

/** An On-Demand Linux instance that shares its host, without any licence. */
export const INSTANCE_FILTERS: Readonly<Record<string, string>> = {
  operatingSystem: 'Linux',
  tenancy: 'Shared',
  preInstalledSw: 'NA',
  capacitystatus: 'Used',
  operation: 'RunInstances',
};

/** The On-Demand hour of an instance type, without a Spot price. */
export function instanceOf(found: Product): InstancePrice {
  const { vcpu, memory = '', processorArchitecture, physicalProcessor = '' } = found.product.attributes;
  const isArm = /arm/i.test(processorArchitecture ?? '') || /graviton/i.test(physicalProcessor);
  return {
    vcpus: Number(vcpu),
    memoryGib: Number.parseFloat(memory.replaceAll(',', '')),
    architecture: isArm ? 'arm64' : 'x86_64',
    onDemandHour: tiersOf(found)[0]?.usd ?? 0,
    spot: null,
  };
}
