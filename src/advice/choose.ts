import type { Arm } from '../contract/arm.ts';
import type { Candidate } from './candidates.ts';
import { type Outlay, scoreOf } from './strategy.ts';

/** What a choice must keep to. */
export interface Limits {
  /** Of the whole run, and what of it is around the arm: listing and aggregate. */
  readonly seconds: number;
  readonly aroundSeconds: number;
  /** Of the arm. */
  readonly usd: number;
}

export const NO_LIMITS: Limits = {
  seconds: Number.POSITIVE_INFINITY,
  aroundSeconds: 0,
  usd: Number.POSITIVE_INFINITY,
};

export function isInTime({ seconds }: Outlay, limits: Limits): boolean {
  return seconds + limits.aroundSeconds <= limits.seconds;
}

export function fits(outlay: Outlay, limits: Limits): boolean {
  return isInTime(outlay, limits) && outlay.usd <= limits.usd;
}

/** By which factor an outlay passes the limits; below 1 it keeps to them. */
export function excessOf({ seconds, usd }: Outlay, limits: Limits): number {
  return Math.max((seconds + limits.aroundSeconds) / limits.seconds, usd / limits.usd);
}

/**
 * The best of the candidates that keep to the limits, of equally good ones the cheapest, then the fastest, then the first.
 *
 * @param weight of cost, 0 to 1
 * @returns null where there is none
 */
export function best<C extends Outlay>(candidates: readonly C[], weight: number, limits: Limits): C | null {
  let found: C | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (!fits(candidate, limits)) continue;
    const score = scoreOf(candidate, weight, UNIT);
    if (found !== null && !isBetter(candidate, score, found, least)) continue;
    found = candidate;
    least = score;
  }
  return found;
}

/** Scores are only compared, so the ideal does not matter. */
const UNIT: Outlay = { usd: 1, seconds: 1 };

function isBetter(one: Outlay, score: number, other: Outlay, otherScore: number): boolean {
  if (score !== otherScore) return score < otherScore;
  return one.usd !== other.usd ? one.usd < other.usd : one.seconds < other.seconds;
}

/** The best of each arm. */
export function bestOf(
  arm: Arm,
  candidates: readonly Candidate[],
  weight: number,
  limits: Limits,
): Candidate | null {
  return best(
    candidates.filter((candidate) => candidate.arm === arm),
    weight,
    limits,
  );
}
