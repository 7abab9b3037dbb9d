import { instancePrice, type Prices } from '../prices/prices.ts';
import { median } from '../statistics/median.ts';
import type { Took } from './took.ts';

/** Its hour is what a pipeline with 2 workers costs, beside its requests: it has 2 vCPUs. */
export const INSTANCE = 'c7i.large';
const WORKERS_OF_INSTANCE = 2;
const MIB = 2 ** 20;

export interface Figure {
  /** In JSON. */
  readonly name: string;
  readonly title: string;
  readonly of: (took: Took) => number;
  readonly digits: number;
  /** Whether its least and its most are told as well. */
  readonly hasRange: boolean;
}

/** Of a pipeline that was measured, with what its machines cost. */
export function figuresOf(prices: Prices, workers: number): readonly Figure[] {
  const figure = (name: string, title: string, of: Figure['of'], digits: number): Figure => ({
    name,
    title,
    of,
    digits,
    hasRange: title.endsWith('seconds'),
  });
  return [
    figure('seconds', 'seconds', ({ seconds }) => seconds, 1),
    figure('cpuSeconds', 'CPU seconds', ({ cpuSeconds }) => cpuSeconds, 1),
    figure('ownBytes', 'memory MiB', ({ ownBytes }) => ownBytes / MIB, 0),
    figure('aboveIdleBytes', 'above idle MiB', (took) => (took.ownBytes - took.idleBytes) / MIB, 0),
    figure('driverBytes', 'of the driver MiB', ({ driverBytes }) => driverBytes / MIB, 0),
    figure('storeBytes', 'object store MiB', ({ storeBytes }) => storeBytes / MIB, 1),
    figure('bytesRead', 'read MiB', ({ bytesRead }) => bytesRead / MIB, 1),
    figure('bytesWritten', 'written KiB', ({ bytesWritten }) => bytesWritten / 1024, 1),
    figure('puts', 'PUTs', ({ puts }) => puts, 0),
    figure('gets', 'GETs', ({ gets }) => gets, 0),
    figure('usdPerMillion', 'USD a million', (took) => usdPerMillion(took, prices, workers), 2),
  ];
}

/** US dollars for a million images, of the machines while they work and of requests. */
export function usdPerMillion(
  { seconds, puts, gets, images }: Took,
  prices: Prices,
  workers: number,
): number {
  const request = (name: 's3Put' | 's3Get') => prices.prices[name]?.tiers[0]?.usd ?? Number.NaN;
  const machines = workers / WORKERS_OF_INSTANCE;
  const machine = (instancePrice(prices, INSTANCE).onDemandHour * machines * seconds) / 3600;
  return ((machine + puts * request('s3Put') + gets * request('s3Get')) / images) * 1e6;
}

/** How many times as much one pipeline took as another one. */
export interface Ratio {
  /** Of the ratios in the rounds: what slows a machine down for a while slows both. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Null where the other one took nothing. */
export function ratioOf(of: Figure['of'], having: readonly Took[], without: readonly Took[]): Ratio | null {
  const each = having.map((took, round) => {
    const [value, other] = [of(took), without[round] === undefined ? Number.NaN : of(without[round])];
    return value === other ? 1 : value / other;
  });
  if (each.length === 0 || !each.every(Number.isFinite)) return null;
  return { median: median(each), min: Math.min(...each), max: Math.max(...each) };
}

/** A difference below this part is not worth a word: one and the same pipeline differs by as much from run to run. */
const LEAST_EFFECT = 0.05;

/** What a switch did to the CPU time, in words: it has to be the same in all rounds. */
export function foundText(ratio: Ratio | null): string {
  if (ratio === null) return 'not measured';
  const part = `${Math.abs((ratio.median - 1) * 100).toFixed(0)} %`;
  if (ratio.min > 1 && ratio.median >= 1 + LEAST_EFFECT) {
    return ratio.median >= 2 ? `CPU x${ratio.median.toFixed(1)}` : `${part} more CPU`;
  }
  return ratio.max < 1 && ratio.median <= 1 - LEAST_EFFECT ? `${part} less CPU` : 'no difference shown';
}
