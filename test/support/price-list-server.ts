import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A product as GetProducts gives it: attributes, and [from, to, dollars] of each tier. */
export interface ListedProduct {
  readonly serviceCode: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tiers: readonly (readonly [from: string, to: string, usd: string])[];
}

export interface SpotEntry {
  readonly type: string;
  readonly zone: string;
  readonly usd: string;
}

interface ProductsRequest {
  readonly ServiceCode: string;
  readonly Filters: readonly { readonly Type: string; readonly Field: string; readonly Value: string }[];
  readonly NextToken?: string;
}

const PER_PAGE = 2;

/**
 * The price list of AWS and the Spot history of EC2 on 127.0.0.1, as far as fanfleet asks: GetProducts in AWS JSON 1.1
 * with filters and pages of two, DescribeSpotPriceHistory in the EC2 query protocol. Shapes are those of AWS's
 * documentation: no account was asked.
 */
export async function startPriceListServer(
  products: readonly ListedProduct[],
  spot: readonly SpotEntry[],
): Promise<{ readonly url: string; readonly calls: readonly string[]; readonly stop: () => Promise<void> }> {
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target === 'AWSPriceListService.GetProducts') {
      const asked: ProductsRequest = JSON.parse(body);
      calls.push(`${asked.ServiceCode} ${asked.NextToken ?? '0'}`);
      response.setHeader('Content-Type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(answer(products, asked)));
      return;
    }
    calls.push(new URLSearchParams(body).get('Action') ?? target);
    response.setHeader('Content-Type', 'text/xml');
    response.end(spotXml(spot, new URLSearchParams(body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(
  products: readonly ListedProduct[],
  { ServiceCode, Filters, NextToken = '0' }: ProductsRequest,
) {
  const found = products.filter(
    ({ serviceCode, attributes }) =>
      serviceCode === ServiceCode &&
      Filters.every(({ Type, Field, Value }) => Type === 'TERM_MATCH' && attributes[Field] === Value),
  );
  const from = Number(NextToken);
  const page = found
    .slice(from, from + PER_PAGE)
    .map((product, i) => JSON.stringify(listed(product, from + i)));
  const next = from + PER_PAGE;
  return {
    FormatVersion: 'aws_v1',
    PriceList: page,
    ...(next < found.length ? { NextToken: String(next) } : {}),
  };
}

function listed({ serviceCode, attributes, tiers }: ListedProduct, index: number) {
  const sku = `SKU${index}`;
  const dimensions = tiers.map(([beginRange, endRange, USD], i) => [
    `${sku}.JRTCKXETXF.${i}`,
    { unit: 'unit', beginRange, endRange, description: '', appliesTo: [], pricePerUnit: { USD } },
  ]);
  const { productFamily = '', ...rest } = attributes;
  return {
    product: { productFamily, attributes: rest, sku },
    serviceCode,
    terms: {
      OnDemand: {
        [`${sku}.JRTCKXETXF`]: { priceDimensions: Object.fromEntries(dimensions), sku, termAttributes: {} },
      },
    },
    version: '20261101000000',
    publicationDate: '2026-11-01T00:00:00Z',
  };
}

function spotXml(spot: readonly SpotEntry[], query: URLSearchParams): string {
  const types = [...query].filter(([name]) => name.startsWith('InstanceType.')).map(([, value]) => value);
  const items = spot
    .filter(({ type }) => types.includes(type))
    .map(
      ({ type, zone, usd }) =>
        `<item><instanceType>${type}</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>${usd}</spotPrice><timestamp>2026-11-20T10:00:00.000Z</timestamp><availabilityZone>${zone}</availabilityZone></item>`,
    );
  return `<?xml version="1.0" encoding="UTF-8"?><DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><spotPriceHistorySet>${items.join('')}</spotPriceHistorySet><nextToken></nextToken></DescribeSpotPriceHistoryResponse>`;
}
