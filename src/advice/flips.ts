import type { Arm } from '../contract/arm.ts';
import { CURVE_SIZES } from '../model/scaling.ts';
import type { Flip, FlipName } from './advice.ts';
import type { Candidate } from './candidates.ts';
import { best, type Limits } from './choose.ts';
import type { Outlay } from './strategy.ts';

/** What is advised, as it was asked. */
export interface Asked {
  readonly candidates: readonly Candidate[];
  readonly weight: number;
  readonly limits: Limits;
}

/** To which part a flip is found. */
const PRECISION = 0.01;
const DEAREST = 10;
const STEPS = 50;

/**
 * What the advice turns on: where it goes to the other arm if one thing changes and all else stays, each setting being chosen
 * anew.
 *
 * @param searchAt the advised arm at another number of items; null where nothing keeps to the limits
 */
export function flipsOf(asked: Asked, items: number, searchAt: (items: number) => Arm | null): Flip[] {
  const { candidates, limits } = asked;
  const chosen = (over: Partial<Asked>): Arm | null => {
    const given = { ...asked, ...over };
    return best(given.candidates, given.weight, given.limits)?.arm ?? null;
  };
  const sizes = [...new Set([...CURVE_SIZES, items])].sort((a, b) => a - b);
  const parts = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS);
  const prices = parts.map((part) => DEAREST ** (2 * part - 1));
  const between = (low: number, high: number) => Math.round(Math.sqrt(low * high));
  const close = (low: number, high: number) => high <= low * (1 + PRECISION);
  return [
    ...flipsAlong('items', sizes, searchAt, {
      between,
      close: (low, high) => close(low, high) || high - low < 2,
    }),
    // Nothing changes but where another candidate keeps to the limit, so these need no search.
    ...flipsAlong(
      'deadlineSeconds',
      thresholds(candidates.map((one) => one.seconds + limits.aroundSeconds)),
      (seconds) => chosen({ limits: { ...limits, seconds } }),
      EXACT,
    ),
    ...flipsAlong(
      'budgetUsd',
      thresholds(candidates.map((one) => one.usd)),
      (usd) => chosen({ limits: { ...limits, usd } }),
      EXACT,
    ),
    ...flipsAlong('weight', parts, (part) => chosen({ weight: part }), {
      between: (low, high) => (low + high) / 2,
      close: (low, high) => high - low <= PRECISION / 10,
    }),
    ...flipsAlong('instancePrice', prices, (factor) => chosen({ candidates: atPrice(candidates, factor) }), {
      between: (low, high) => Math.sqrt(low * high),
      close,
    }),
  ];
}

/** The same candidates where instances cost so many times what they do. */
export function atPrice<C extends Outlay & Pick<Candidate, 'instancesUsd'>>(
  candidates: readonly C[],
  factor: number,
): C[] {
  return candidates.map((one) => ({ ...one, usd: one.usd + (factor - 1) * one.instancesUsd }));
}

interface Refine {
  readonly between: (low: number, high: number) => number;
  /** Whether two values are too near each other to look between them. */
  readonly close: (low: number, high: number) => boolean;
}

const EXACT: Refine = { between: (low) => low, close: () => true };

/**
 * Where the arm changes along ascending values; between two of which it differs the place is found by halving. Where it
 * changes there and back between two values is not seen.
 */
export function flipsAlong(
  what: FlipName,
  values: readonly number[],
  armAt: (value: number) => Arm | null,
  { between, close }: Refine,
): Flip[] {
  const at = (value: number): Found => ({ value, arm: armAt(value) });
  const within = (low: Found, high: Found): Flip[] => {
    if (low.arm === high.arm) return [];
    if (close(low.value, high.value)) {
      return [{ what, from: low.value, at: high.value, below: low.arm, above: high.arm }];
    }
    const middle = at(between(low.value, high.value));
    return [...within(low, middle), ...within(middle, high)];
  };
  const found = values.map(at);
  return found.flatMap((high, i) => within(found[i - 1] ?? high, high));
}

interface Found {
  readonly value: number;
  readonly arm: Arm | null;
}

/** Every limit that keeps another candidate out, and one that keeps out all. */
function thresholds(values: readonly number[]): number[] {
  return [0, ...new Set(values)].sort((a, b) => a - b);
}
