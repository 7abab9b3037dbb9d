import { median } from '../statistics/median.ts';
import { MINIMUM_EFFECT, type RatioTest } from '../statistics/ratio-test.ts';

/** Nights of the accepted baseline, and of the moving level that a night is held against. */
export const LEVEL_NIGHTS = 10;
/** A night is above its limit beyond so many standard deviations. */
export const SIGMAS = 3;
/** A ratio to the accepted baseline from which on it is worth a call; its whole 95 % interval must be there. */
const WORTH_IT = 1 + MINIMUM_EFFECT;
/** So many nights in a row it takes to call a regression, and to call it over. */
export const HELD_NIGHTS = 3;

export type SeriesState = 'learning' | 'ok' | 'suspect' | 'regression' | 'recovered';

/** How a regression came: at once, or so slowly that no night stood out from those before it. */
export type RegressionKind = 'step' | 'drift';

/** What is known of a figure before its next night; docs/nightly.md explains the rule. */
export interface Level {
  /** The accepted baseline. Only learning, a reset and an improvement change it. */
  readonly baseline: readonly number[];
  /** The last accepted nights, `LEVEL_NIGHTS` at most: mean and deviation of what is usual now. */
  readonly accepted: readonly number[];
  /** The last `HELD_NIGHTS` nights, whatever was said of them. */
  readonly last: readonly number[];
  /** The nights in a row that are above the limit, the last `LEVEL_NIGHTS` of them. */
  readonly above: readonly number[];
  /** So many nights in a row the accepted ones have been slower, or faster, than the baseline. */
  readonly slower: number;
  readonly faster: number;
  readonly regression: RegressionKind | null;
}

export interface NightVerdict {
  readonly state: SeriesState;
  /** Mean of the accepted nights and the limit above it; null while there are too few. */
  readonly mean: number | null;
  readonly limit: number | null;
  /** Median of the last nights over that of the accepted baseline. */
  readonly ratio: number | null;
  /** The test that called a regression in this very night. */
  readonly called: { readonly kind: RegressionKind; readonly test: RatioTest } | null;
  /** The accepted nights became the baseline, since they are faster. */
  readonly improved: boolean;
}

/** Tests two samples; src/statistics has it. */
export type Test = (baseline: readonly number[], current: readonly number[]) => RatioTest;

/** A figure that is not known yet, or begins with the nights that a reset accepts. */
export function levelOf(values: readonly number[] = []): Level {
  const accepted = values.slice(-LEVEL_NIGHTS);
  const none = { above: [], slower: 0, faster: 0, regression: null };
  return { baseline: accepted, accepted, last: accepted.slice(-HELD_NIGHTS), ...none };
}

/**
 * Judge one more night of a figure for which less is better.
 *
 * @param value above 0
 */
export function judgeNight(
  before: Level,
  value: number,
  test: Test,
): { readonly level: Level; readonly verdict: NightVerdict } {
  const level = { ...before, last: [...before.last, value].slice(-HELD_NIGHTS) };
  if (before.baseline.length < LEVEL_NIGHTS) return learn(level, value);
  const { mean, limit } = controlLimit(before.accepted);
  const ratio = median(level.last) / median(level.baseline);
  const judged = { mean, limit, ratio, called: null, improved: false };
  if (level.regression === null) return judgeUsual(level, value, judged, test);
  if (ratio >= WORTH_IT) return { level, verdict: { ...judged, state: 'regression' } };
  // What it is held against is again what was accepted before.
  const recovered = { ...levelOf(level.baseline), last: level.last };
  return { level: recovered, verdict: { ...judged, state: 'recovered' } };
}

/** Mean plus `SIGMAS` sample standard deviations. Where all nights are equal it is their mean. */
export function controlLimit(values: readonly number[]): { readonly mean: number; readonly limit: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, limit: mean + SIGMAS * Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

function learn(level: Level, value: number) {
  const verdict = { mean: null, limit: null, ratio: null, called: null, improved: false };
  const baseline = [...level.baseline, value];
  return {
    level: { ...level, baseline, accepted: baseline },
    verdict: { ...verdict, state: 'learning' as const },
  };
}

type Judged = Omit<NightVerdict, 'state' | 'called' | 'limit'> & {
  readonly called: null;
  readonly limit: number;
};

/** A night while there is no regression. */
function judgeUsual(before: Level, value: number, judged: Judged, test: Test) {
  const above = value > judged.limit ? [...before.above, value].slice(-LEVEL_NIGHTS) : [];
  if (above.length >= HELD_NIGHTS && isSlower(before.baseline, above)) {
    // The last three of them, for the first may only have been noise; all of them, where three do not show it yet.
    for (const nights of [before.last, above]) {
      const found = test(before.baseline, nights);
      if (found.low >= WORTH_IT) return call({ ...before, above }, judged, 'step', found);
    }
    return { level: { ...before, above }, verdict: { ...judged, state: 'suspect' as const } };
  }
  // A level that held, but is not worth a call, is the usual one from now on.
  const held = above.length >= HELD_NIGHTS;
  const taken = held ? above : above.length === 0 ? [value] : [];
  const accepted = [...before.accepted, ...taken].slice(-LEVEL_NIGHTS);
  return judgeDrift({ ...before, accepted, above: held ? [] : above }, judged, test);
}

/**
 * Whether the accepted nights have moved away from the baseline. The limit cannot see a drift: of nights that grow by d
 * each, the next one lies 5.5 d above the mean of ten, and three standard deviations are 9.1 d.
 */
function judgeDrift(before: Level, judged: Judged, test: Test) {
  const { baseline, accepted, last } = before;
  const slowerNow = isSlower(baseline, accepted) && isSlower(baseline, last);
  const found = slowerNow || isSlower(accepted, baseline) ? test(baseline, accepted) : null;
  const slower = slowerNow && found !== null && found.low >= WORTH_IT ? before.slower + 1 : 0;
  const faster = found !== null && found.high <= 1 / WORTH_IT ? before.faster + 1 : 0;
  const level = { ...before, slower, faster };
  if (found !== null && slower >= HELD_NIGHTS) return call(level, judged, 'drift', found);
  const improved = faster >= HELD_NIGHTS;
  const state: SeriesState = level.above.length > 0 || slower > 0 ? 'suspect' : 'ok';
  return {
    level: improved ? { ...level, baseline: accepted, faster: 0 } : level,
    verdict: { ...judged, improved, state },
  };
}

function isSlower(than: readonly number[], values: readonly number[]): boolean {
  return median(values) / median(than) >= WORTH_IT;
}

function call(level: Level, judged: Judged, kind: RegressionKind, test: RatioTest) {
  const called = { ...level, above: [], slower: 0, faster: 0, regression: kind };
  return { level: called, verdict: { ...judged, state: 'regression' as const, called: { kind, test } } };
}
