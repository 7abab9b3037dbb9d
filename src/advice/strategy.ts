import type { AdviceRequest, Strategy } from '../run/advice-request.ts';

/**
 * How much cost counts against time. `cost` and `speed` leave a hundredth to the other one, or a saving that nobody sees
 * would be paid for with days: with `cost`, one percent more is spent where it makes the job three times as fast.
 */
const WEIGHTS: Readonly<Record<Strategy, number>> = { cost: 0.99, speed: 0.01, balanced: 0.5 };

/** The weight of cost that a request means. */
export function weightOf({ strategy, weight }: AdviceRequest): number {
  return weight ?? WEIGHTS[strategy];
}

/** What one pays and how long one waits. */
export interface Outlay {
  readonly usd: number;
  readonly seconds: number;
}

/** The least of each among several, which none of them need have both of. */
export function idealOf(outlays: readonly Outlay[]): Outlay {
  return outlays.reduce((ideal, { usd, seconds }) => ({
    usd: Math.min(ideal.usd, usd),
    seconds: Math.min(ideal.seconds, seconds),
  }));
}

/**
 * How far an outlay is from the ideal, on logarithmic scales, 0 being the ideal itself:
 *
 *     w ln(usd / least usd) + (1 - w) ln(seconds / least seconds)
 *
 * So at w = 0.5 a job that is done in half the time may cost twice as much. The ideal is only where the scale begins: what is
 * better than what does not depend on it, nor on which others there are. With a larger w the least score never costs more.
 */
export function scoreOf({ usd, seconds }: Outlay, weight: number, ideal: Outlay): number {
  return weight * Math.log(usd / ideal.usd) + (1 - weight) * Math.log(seconds / ideal.seconds);
}
