import { LAMBDA_LIMITS } from '../aws/limits.ts';
import type { Price, Prices } from '../prices/prices.ts';
import type { BillLine } from './bill.ts';
import { readPricesOf } from './storage-classes.ts';
import type { FunctionUsage, S3Usage } from './usage.ts';

/** AWS's own examples reckon with a month of 30 days: https://aws.amazon.com/ebs/pricing/. */
export const MONTH_HOURS = 720;
export const GIB = 2 ** 30;

/** US dollars for a quantity, each part of it at the price of its tier. */
export function tieredUsd({ tiers }: Pick<Price, 'tiers'>, quantity: number): number {
  let usd = 0;
  let from = 0;
  for (const tier of tiers) {
    const to = tier.upTo ?? Number.POSITIVE_INFINITY;
    usd += Math.max(0, Math.min(quantity, to) - from) * tier.usd;
    from = to;
  }
  return usd;
}

export function line(service: BillLine['service'], item: string, quantity: number, price: Price): BillLine {
  const usd = tieredUsd(price, quantity);
  const [first, second] = price.tiers;
  const unitPrice = quantity === 0 || second === undefined ? (first?.usd ?? 0) : usd / quantity;
  return { service, item, quantity, unit: price.unit, unitPrice, usd };
}

/** A line at one price. */
export function lineAt(
  service: BillLine['service'],
  item: string,
  quantity: number,
  unit: string,
  unitPrice: number,
): BillLine {
  return { service, item, quantity, unit, unitPrice, usd: quantity * unitPrice };
}

/** GB-s = GB of memory x seconds, a GB being 1,024 MB; https://aws.amazon.com/lambda/pricing/. */
export function functionLines(usage: FunctionUsage, { prices }: Prices): BillLine[] {
  const {
    architecture,
    memoryMb,
    invocations,
    billedMs,
    ephemeralMb = LAMBDA_LIMITS.freeEphemeralMb,
  } = usage;
  const seconds = billedMs / 1000;
  const duration = architecture === 'arm64' ? prices.lambdaArmGbSecond : prices.lambdaX86GbSecond;
  const moreMb = Math.max(0, ephemeralMb - LAMBDA_LIMITS.freeEphemeralMb);
  return [
    line('lambda', `duration, ${architecture}, ${memoryMb} MB`, (memoryMb / 1024) * seconds, duration),
    line('lambda', 'requests', invocations, prices.lambdaRequest),
    line('lambda', 'ephemeral storage', (moreMb / 1024) * seconds, prices.lambdaStorageGbSecond),
  ];
}

/**
 * A LIST costs as much as a PUT; storage is by GiB-months; the GET of an item, and what it brings, by the storage class of the
 * object: https://aws.amazon.com/s3/pricing/.
 */
export function s3Lines(usage: S3Usage, { prices }: Prices): BillLine[] {
  const { lists, gets, puts, storedBytes, storedDays, readBytes = 0, classes = [] } = usage;
  const byClass = classes
    .map((reads) => ({ ...reads, price: readPricesOf(reads.storageClass) }))
    .filter(({ price }) => price.get !== 's3Get');
  const ofClasses = byClass.reduce((sum, reads) => sum + reads.gets, 0);
  const gbMonths = (storedBytes / GIB) * ((storedDays * 24) / MONTH_HOURS);
  return [
    line('s3', 'LIST', lists, prices.s3Put),
    line('s3', 'GET', gets - ofClasses, prices.s3Get),
    ...byClass.flatMap(({ storageClass, gets: ofClass, bytes, price }) => [
      line('s3', `GET, ${storageClass}`, ofClass, prices[price.get]),
      ...(price.retrieval === null
        ? []
        : [line('s3', `retrieval, ${storageClass}`, bytes / GIB, prices[price.retrieval])]),
    ]),
    line('s3', 'PUT', puts, prices.s3Put),
    line('s3', 'storage', gbMonths, prices.s3GbMonth),
    line('transfer', 'from S3 in the region', readBytes / GIB, prices.transferInRegionGb),
  ];
}

export function transitionsLine(transitions: number, { prices }: Prices): BillLine {
  return line('stepFunctions', 'state transitions', transitions, prices.stepFunctionsTransition);
}

/** @param metricHours metrics times hours in which they got data: CloudWatch prorates a month by the hour */
export function cloudWatchLines(logBytes: number, metricHours: number, { prices }: Prices): BillLine[] {
  return [
    line('cloudWatch', 'logs', logBytes / GIB, prices.logsGb),
    line('cloudWatch', 'custom metrics', metricHours / MONTH_HOURS, prices.metricMonth),
  ];
}
