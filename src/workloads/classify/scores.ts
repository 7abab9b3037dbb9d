import { hash } from 'node:crypto';

/** A class by its place in the output of a model, and millionths of its probability. */
export type Score = readonly [index: number, millionths: number];

/** What is made of the output of a model for an image. */
export interface Scoring {
  /** Whether the output has probabilities, by a softmax at the end of the model. */
  readonly isSoftmax: boolean;
  /** How many of the best classes are wanted. */
  readonly top: number;
}

/**
 * The best classes of an image, all where they are fewer: the largest output value first, and of equal ones the lower index.
 * Probabilities of an output that has none are its softmax.
 *
 * @param logits the output of the model for the image, a value for each class
 * @returns null where a value is infinite or no number
 */
export function scoresOf(logits: Float32Array, { isSoftmax, top }: Scoring): readonly Score[] | null {
  const best = bestOf(logits, top);
  if (best === null) return null;
  if (isSoftmax) return best.map((index) => [index, millionths(logits[index] ?? 0)]);
  const most = logits[best[0] ?? 0] ?? 0;
  let sum = 0;
  for (let index = 0; index < logits.length; index += 1) sum += exp((logits[index] ?? 0) - most);
  return best.map((index) => [index, millionths(exp((logits[index] ?? 0) - most) / sum)]);
}

/** The first 16 hex digits of the SHA-256 of these values, each of four bytes, the low one first. */
export function hashOf(logits: Float32Array): string {
  const bytes = Buffer.from(logits.buffer, logits.byteOffset, logits.byteLength);
  return hash('sha256', bytes, 'hex').slice(0, 16);
}

/** Null where a value is not finite. */
function bestOf(values: Float32Array, top: number): number[] | null {
  const best: number[] = [];
  const most = Math.min(top, values.length);
  // Below it no value is among the best any more.
  let least = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (!Number.isFinite(value)) return null;
    if (best.length === most && value <= least) continue;
    let place = best.length < most ? best.length : most - 1;
    for (; place > 0 && value > (values[best[place - 1] ?? 0] ?? 0); place -= 1) {
      best[place] = best[place - 1] ?? 0;
    }
    best[place] = index;
    least = values[best[best.length - 1] ?? 0] ?? 0;
  }
  return best;
}

function millionths(probability: number): number {
  return Math.floor(probability * 1e6 + 0.5);
}

/** 1 / k!, each made of the one before: rounded the same in every language. */
const INVERSE_FACTORIALS = [1];
for (let k = 1; k <= 13; k += 1) INVERSE_FACTORIALS.push((INVERSE_FACTORIALS[k - 1] ?? 0) / k);
/** The natural logarithm of 2 in two parts, of which the first has so few bits that its products with small integers are exact. */
const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10];
/** Below it no part of a probability is to be seen in millionths. */
const LEAST = -32;
/** 2^n for n from -46, that of `LEAST`, to 0. */
const POWERS = Array.from({ length: 47 }, (_, place) => 2 ** (place - 46));

/**
 * e^x of x from any to 0, to 1e-15 of itself; 0 below -32. Only sums, products and roundings that IEEE 754 fixes to the bit: what
 * libraries make of e^x differs in its last digits from one language and processor to the other.
 */
function exp(x: number): number {
  if (x < LEAST) return 0;
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let sum = 0;
  for (let k = INVERSE_FACTORIALS.length - 1; k >= 0; k -= 1) sum = sum * r + (INVERSE_FACTORIALS[k] ?? 0);
  return sum * (POWERS[n + 46] ?? 0);
}
