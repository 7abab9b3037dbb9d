import type { Random } from '../../../src/statistics/random.ts';

/** Times around 1, with noise as benchmarks have it. */
export type Noise = (random: Random) => number;

/** Many small causes: log-normal, with a relative spread of `sigma`. */
export function logNormal(sigma: number): Noise {
  return (random) => Math.exp(sigma * normal(random));
}

/** Now and then something else takes the machine: one time in ten is 1.3 to 2.3 times as long. */
export function spiky(sigma: number): Noise {
  const usual = logNormal(sigma);
  return (random) => usual(random) * (random() < 0.1 ? 1.3 + random() : 1);
}

/** Tails so heavy that means are of little use: Cauchy, cut off at e times as long. */
export function cauchy(scale: number): Noise {
  return (random) => {
    const value = (scale * normal(random)) / Math.abs(normal(random));
    return Math.exp(Math.max(-1, Math.min(1, value)));
  };
}

/** Box and Muller's transform. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface PairsOptions {
  readonly count: number;
  readonly noise: Noise;
  /** B over A. @default 1 */
  readonly ratio?: number;
  /** By how much the machine is slower at the end than at the start. @default 0 */
  readonly drift?: number;
}

/** Pairs measured as `compare` does: A B, B A, … while the machine may get slower. */
export function pairsOf({ count, noise, ratio = 1, drift = 0 }: PairsOptions, random: Random) {
  return Array.from({ length: count }, (_, round) => {
    const slower = (place: number) => 1 + (drift * (2 * round + place)) / (2 * count);
    const [placeOfA, placeOfB] = round % 2 === 0 ? [0, 1] : [1, 0];
    return { a: noise(random) * slower(placeOfA), b: ratio * noise(random) * slower(placeOfB) };
  });
}
