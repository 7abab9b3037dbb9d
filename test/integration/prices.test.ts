import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { pricesSchema } from '../../src/prices/prices.ts';
import { type ListedProduct, startPriceListServer } from '../support/price-list-server.ts';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const REGION = 'eu-west-1';

/** A product of eu-west-1 with one price. */
const one = (
  serviceCode: string,
  usd: string,
  usagetype: string,
  attributes: Record<string, string> = {},
): ListedProduct => ({
  serviceCode,
  attributes: { regionCode: REGION, usagetype, ...attributes },
  tiers: [['0', 'Inf', usd]],
});

const linux = { operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' };
const instance = (instanceType: string, usd: string, more: Record<string, string>) =>
  one('AmazonEC2', usd, `EU-BoxUsage:${instanceType}`, {
    ...{ instanceType, ...linux, operation: 'RunInstances', productFamily: 'Compute Instance' },
    ...more,
  });
const credits = (family: string, usd: string) =>
  one('AmazonEC2', usd, `EU-CPUCredits:${family}`, {
    productFamily: 'CPU Credits',
    operatingSystem: 'Linux',
  });

const PRODUCTS: readonly ListedProduct[] = [
  {
    serviceCode: 'AWSLambda',
    attributes: { regionCode: REGION, usagetype: 'EU-Lambda-GB-Second', group: 'AWS-Lambda-Duration' },
    // In any order, as they come.
    tiers: [
      ['6000000000', '15000000000', '0.0000150000'],
      ['0', '6000000000', '0.0000166667'],
      ['15000000000', 'Inf', '0.0000133334'],
    ],
  },
  one('AWSLambda', '0.0000133334', 'EU-Lambda-GB-Second-ARM', { group: 'AWS-Lambda-Duration-ARM' }),
  one('AWSLambda', '0.0000002000', 'EU-Request', { group: 'AWS-Lambda-Requests' }),
  // Of the same group, and something else.
  one('AWSLambda', '0.0000006000', 'EU-Lambda-Provisioned-Request', { group: 'AWS-Lambda-Requests' }),
  one('AWSLambda', '0.0000000340', 'EU-Lambda-Storage-GB-Second', { group: 'AWS-Lambda-Storage-Duration' }),
  one('AmazonStates', '0.0000250000', 'EU-StateTransition'),
  one('AmazonStates', '0.0000010000', 'EU-StepFunctions-Request'),
  one('AmazonStates', '0.0000166700', 'EU-StepFunctions-GB-Second'),
  one('AmazonS3', '0.0000050000', 'EU-Requests-Tier1', { group: 'S3-API-Tier1' }),
  one('AmazonS3', '0.0000004000', 'EU-Requests-Tier2', { group: 'S3-API-Tier2' }),
  ...[
    ['Requests-SIA-Tier2', '0.0000010000'],
    ['Requests-ZIA-Tier2', '0.0000011000'],
    ['Requests-GIR-Tier2', '0.0000100000'],
    ['Requests-XZ-Tier2', '0.0000000300'],
    ['Retrieval-SIA', '0.0100000000'],
    ['Retrieval-ZIA', '0.0110000000'],
    ['Retrieval-GIR', '0.0300000000'],
    ['Retrieval-XZ', '0.0006000000'],
  ].map(([usage = '', usd = '']) => one('AmazonS3', usd, `EU-${usage}`)),
  one('AmazonS3', '0.0230000000', 'EU-TimedStorage-ByteHrs', { volumeType: 'Standard' }),
  one('AmazonEC2', '0.0880000000', 'EU-EBS:VolumeUsage.gp3', {
    volumeApiName: 'gp3',
    productFamily: 'Storage',
  }),
  one('AmazonVPC', '0.0050000000', 'EU-PublicIPv4:InUseAddress', { group: 'VPCPublicIPv4Address' }),
  credits('t3', '0.0500000000'),
  credits('t4g', '0.0400000000'),
  one('AmazonCloudWatch', '0.5700000000', 'EU-DataProcessing-Bytes', { group: 'Ingested Logs' }),
  one('AmazonCloudWatch', '0.3000000000', 'EU-CW:MetricMonitorUsage'),
  one('awskms', '0.0000030000', 'eu-west-1-KMS-Requests'),
  instance('t3.medium', '0.0456000000', { vcpu: '2', memory: '4 GiB', physicalProcessor: 'Intel Xeon' }),
  instance('c7g.large', '0.0776000000', { vcpu: '2', memory: '4 GiB', physicalProcessor: 'AWS Graviton3' }),
];
const SPOT = [
  { type: 'c7g.large', zone: 'eu-west-1a', usd: '0.0300' },
  { type: 'c7g.large', zone: 'eu-west-1b', usd: '0.0320' },
  // Older, of a zone that was told already.
  { type: 'c7g.large', zone: 'eu-west-1a', usd: '0.9000' },
];

let home = '';
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fanfleet-prices-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await rm(home, { recursive: true });
});

async function fanfleet(url: string, ...args: string[]) {
  const child = spawn(process.execPath, [CLI, '--json', 'prices', ...args], {
    env: {
      PATH: process.env.PATH,
      FANFLEET_HOME: home,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_PRICING: url,
      AWS_ENDPOINT_URL_EC2: url,
      AWS_MAX_ATTEMPTS: '1',
    },
  });
  const text = async (stream: AsyncIterable<Buffer>) =>
    Buffer.concat(await Array.fromAsync(stream)).toString();
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, json: JSON.parse(stdout), stderr };
}

async function serve(products: readonly ListedProduct[]) {
  const server = await startPriceListServer(products, SPOT);
  stops.push(server.stop);
  return server;
}

describe('fanfleet prices refresh', () => {
  it('writes what the price list and the Spot history say, and later commands use it', async () => {
    // Act
    const { url, calls } = await serve(PRODUCTS);
    const { status, json } = await fanfleet(url, 'refresh', '--region', REGION, '--types', 't3.medium');

    // Assess
    expect(status).toBe(EXIT.OK);
    expect(json.file).toBe(join(home, 'prices', `${REGION}-${json.date}.json`));
    const written = pricesSchema.parse(JSON.parse(await readFile(json.file, 'utf8')));
    expect(written.prices.lambdaX86GbSecond.tiers).toEqual([
      { upTo: 6e9, usd: 0.0000166667 },
      { upTo: 15e9, usd: 0.000015 },
      { upTo: null, usd: 0.0000133334 },
    ]);
    expect(written.prices.lambdaRequest.tiers).toEqual([{ upTo: null, usd: 0.0000002 }]);
    expect(written.prices.s3GetOneZoneIa.tiers).toEqual([{ upTo: null, usd: 0.0000011 }]);
    expect(written.prices.s3RetrievalGlacierIrGb).toMatchObject({ unit: 'GB', tiers: [{ usd: 0.03 }] });
    expect(written.prices.kmsRequest.tiers).toEqual([{ upTo: null, usd: 0.000003 }]);
    expect(written.prices.logsGb).toMatchObject({ source: 'AWS Price List API', tiers: [{ usd: 0.57 }] });
    const common = { vcpus: 2, memoryGib: 4 };
    expect(written.instances).toEqual({
      'c7g.large': {
        ...{ ...common, architecture: 'arm64', onDemandHour: 0.0776 },
        spot: { hour: 0.031, date: json.date },
      },
      't3.medium': { ...common, architecture: 'x86_64', onDemandHour: 0.0456, spot: null },
    });
    // The three requests of Lambda's group come on two pages.
    expect(calls).toContain('AWSLambda 0');
    expect(calls).toContain('AmazonStates 2');
    expect(calls).toContain('DescribeSpotPriceHistory');
    const shown = await fanfleet(url, '--region', REGION);
    expect(shown.json).toMatchObject({ region: REGION, file: json.file, ageDays: 0, stale: false });
  });

  it('names a type that the region does not have', async () => {
    const { url } = await serve(PRODUCTS);
    const { status, stderr } = await fanfleet(url, 'refresh', '--region', REGION, '--types', 'p9.small');
    expect(stderr).toContain('[PRICE_NOT_LISTED] Expected a price of p9.small in eu-west-1');
    expect(status).toBe(EXIT.USAGE);
  });

  it('takes what a region does not have, S3 Express One Zone, from another one and says so', async () => {
    const without = PRODUCTS.filter(({ attributes }) => !attributes.usagetype?.includes('XZ'));
    const { url } = await serve(without);
    const { status, json } = await fanfleet(url, 'refresh', '--region', REGION);
    expect(status).toBe(EXIT.OK);
    expect(json.prices.s3GetExpress).toMatchObject({
      source: 'https://aws.amazon.com/s3/faqs/ (us-east-1; eu-west-1 does not have it)',
      tiers: [{ usd: 3e-8 }],
    });
  });

  it('does not guess where the list has two prices, or a gap in one', async () => {
    const twice = [...PRODUCTS, one('AWSLambda', '0.5', 'EUW1-Request', { group: 'AWS-Lambda-Requests' })];
    const { url } = await serve(twice);
    const { status, stderr } = await fanfleet(url, 'refresh', '--region', REGION);
    expect(stderr).toContain('[PRICE_LIST_UNCLEAR] Expected one price of lambdaRequest');
    expect(status).toBe(EXIT.AWS);

    const gap = PRODUCTS.map((product) =>
      product.attributes.usagetype === 'EU-Requests-Tier1'
        ? { ...product, tiers: [['5', 'Inf', '0.1']] as const }
        : product,
    );
    expect((await fanfleet((await serve(gap)).url, 'refresh', '--region', REGION)).stderr).toContain(
      '[PRICE_LIST_UNCLEAR] Expected prices from 0 without a gap for EU-Requests-Tier1',
    );
  });
});

describe('fanfleet prices', () => {
  it('shows what comes with fanfleet, and says what to do for another region', async () => {
    const { json } = await fanfleet('http://127.0.0.1:9');
    expect(json).toMatchObject({ region: 'us-east-1', file: null, prices: { s3Put: { unit: 'request' } } });
    const missing = await fanfleet('http://127.0.0.1:9', '--region', 'ap-south-1');
    expect(missing.json.error.code).toBe('PRICES_MISSING');
    expect(missing.status).toBe(EXIT.USAGE);
  });
});
