import { type InstancePrice, instancePrice, type Prices } from '../prices/prices.ts';
import { type Bill, type BillLine, billOf } from './bill.ts';
import { baselineOf, surplusPriceName } from './burstable.ts';
import {
  cloudWatchLines,
  functionLines,
  line,
  lineAt,
  MONTH_HOURS,
  s3Lines,
  transitionsLine,
} from './lines.ts';
import type { FleetUsage, InstanceUsage, ServerlessUsage } from './usage.ts';

/**
 * An Express workflow uses 50 MB + its definition + its payload x the number of its Map and Parallel states, and is
 * billed in chunks of 64 MB (https://aws.amazon.com/step-functions/pricing/, example 4). A child of the map has one
 * Task, and a payload is at most 256 KiB: one chunk.
 */
const EXPRESS_GB = 64 / 1024;
/** EC2 and what hangs on an instance are billed by the second, and for a minute at least. */
const LEAST_SECONDS = 60;

/** The bill of the serverless arm; docs/costs.md has each formula and its source. */
export function serverlessBill(usage: ServerlessUsage, prices: Prices): Bill {
  const { stepFunctionsExpressRequest, stepFunctionsExpressGbSecond } = prices.prices;
  const gbSeconds = EXPRESS_GB * (usage.expressMs / 1000);
  return billOf([
    ...functionLines(usage, prices),
    ...(usage.reduce ? functionLines(usage.reduce, prices) : []),
    transitionsLine(usage.stateTransitions, prices),
    line('stepFunctions', 'Express requests', usage.expressRequests, stepFunctionsExpressRequest),
    line('stepFunctions', 'Express duration', gbSeconds, stepFunctionsExpressGbSecond),
    ...s3Lines(usage.s3, prices),
    ...cloudWatchLines(usage.logBytes ?? 0, usage.metricHours ?? 0, prices),
  ]);
}

/**
 * The bill of the fleet arm.
 *
 * @throws FanfleetError `PRICES_MISSING` for a type without a price
 */
export function fleetBill(usage: FleetUsage, prices: Prices): Bill {
  return billOf([
    ...usage.instances.flatMap((instance) => instanceLines(instance, prices)),
    line('ipv4', 'public addresses', addressHours(usage), prices.prices.ipv4Hour),
    ...usage.functions.flatMap((each) => functionLines(each, prices)),
    transitionsLine(usage.stateTransitions, prices),
    ...s3Lines(usage.s3, prices),
    ...cloudWatchLines(usage.logBytes ?? 0, 0, prices),
    line('kms', 'requests', usage.kmsRequests ?? 0, prices.prices.kmsRequest),
  ]);
}

function instanceLines(instance: InstanceUsage, prices: Prices): BillLine[] {
  const price = instancePrice(prices, instance.type);
  const count = countOf(instance);
  const [hours, idleHours] = [count * workHours(instance), count * idleHoursOf(instance)];
  const { hour, terms } = hourly(instance, price);
  const what = `${instance.type}, ${instance.role}, ${terms}`;
  const gbMonths = instance.volumeGib * ((hours + idleHours) / MONTH_HOURS);
  return [
    lineAt('ec2', what, hours, 'hour', hour),
    lineAt('ec2', `${what}, idle before`, idleHours, 'hour', hour),
    line('ebs', 'gp3', gbMonths, prices.prices.ebsGp3GbMonth),
    ...surplusLines(instance, price, prices),
  ];
}

/** A Spot price that nobody has looked up is at most the On-Demand price, and the line says so. */
function hourly({ market }: InstanceUsage, { onDemandHour, spot }: InstancePrice) {
  if (market === 'on-demand') return { hour: onDemandHour, terms: 'On-Demand' };
  if (spot === null) return { hour: onDemandHour, terms: 'Spot at most' };
  return { hour: spot.hour, terms: `Spot of ${spot.date}` };
}

/**
 * Surplus credits: what a T instance used beyond its baseline over its life, which is below a day. It launches without
 * credits and in the mode `unlimited`:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
 */
function surplusLines(instance: InstanceUsage, { vcpus }: InstancePrice, prices: Prices): BillLine[] {
  const baseline = baselineOf(instance.type);
  const { cpuMs = null } = instance;
  if (baseline === null || cpuMs === null) return [];
  const surplus = Math.max(0, cpuMs / 3_600_000 - baseline * vcpus * hoursOf(instance));
  const quantity = countOf(instance) * surplus;
  return [line('ec2', 'surplus credits', quantity, prices.prices[surplusPriceName(instance.type)])];
}

/** Of an instance that runs for this alone what EC2 bills; of a kept fleet's its share, to the millisecond. */
function workHours({ runningMs, idleBeforeMs }: InstanceUsage): number {
  if (runningMs === 0) return 0;
  const seconds = runningMs / 1000;
  return (idleBeforeMs === undefined ? Math.max(LEAST_SECONDS, Math.ceil(seconds)) : seconds) / 3600;
}

function idleHoursOf({ idleBeforeMs = 0 }: InstanceUsage): number {
  return idleBeforeMs / 3_600_000;
}

function hoursOf(instance: InstanceUsage): number {
  return workHours(instance) + idleHoursOf(instance);
}

/** Of the first instances, as many as have an address. */
function addressHours({ instances, publicIps }: FleetUsage): number {
  let left = publicIps;
  return instances.reduce((hours, instance) => {
    const addresses = Math.min(left, countOf(instance));
    left -= addresses;
    return hours + addresses * hoursOf(instance);
  }, 0);
}

function countOf({ count = 1 }: InstanceUsage): number {
  return count;
}
