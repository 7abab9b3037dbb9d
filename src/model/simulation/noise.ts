import type { Random } from '../../statistics/random.ts';

/** A number of the standard normal distribution (Box and Muller, 1958). */
export function normal(random: Random): number {
  // 1 - random() is never 0, of which there is no logarithm.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A factor of a lognormal distribution with mean 1. */
export function stragglerFactor(random: Random, spread: number): number {
  if (spread === 0) return 1;
  const variance = Math.log1p(spread * spread);
  return Math.exp(Math.sqrt(variance) * normal(random) - variance / 2);
}

/** A factor of a lognormal distribution with median 1; `sigma` is the standard deviation of its logarithm. */
export function startFactor(random: Random, sigma: number): number {
  return sigma === 0 ? 1 : Math.exp(sigma * normal(random));
}

/** The time to the next event of a Poisson process. */
export function exponential(random: Random, ratePerMs: number): number {
  return ratePerMs === 0 ? Number.POSITIVE_INFINITY : -Math.log(1 - random()) / ratePerMs;
}
