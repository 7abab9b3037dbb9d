import type { Arm } from '../contract/arm.ts';
import { seededRandom } from '../statistics/random.ts';
import { MINIMUM_EFFECT, ratioTest } from '../statistics/ratio-test.ts';
import { type Conditions, differences } from './conditions.ts';
import type { History, Night, Reset } from './night.ts';
import { HELD_NIGHTS, judgeNight, type Level, levelOf, type NightVerdict } from './regression.ts';

export const MEASURES = ['seconds', 'usd'] as const;
/** Less is better in both. */
export type Measure = (typeof MEASURES)[number];

/** A figure that every night has. */
export interface Figure {
  readonly arm: Arm;
  readonly measure: Measure;
}

/** What was said of one figure in one night. */
export interface Judgement extends Figure, NightVerdict {
  readonly value: number;
}

export type NightState = 'failed' | 'not comparable' | NightVerdict['state'];

export interface JudgedNight {
  readonly night: Night;
  readonly state: NightState;
  /** Why it is not comparable, or why it failed. */
  readonly reasons: readonly string[];
  /** None for a night that says nothing of speed. */
  readonly judgements: readonly Judgement[];
  /** The last reset before this night, if it came after the night before. */
  readonly reset: Reset | null;
}

export interface JudgedHistory {
  readonly name: string;
  readonly nights: readonly JudgedNight[];
  /** Figures that are in a regression now: a failed night does not end one, a reset does. */
  readonly regressions: readonly Figure[];
  /** A reset that no night has followed yet. */
  readonly reset: Reset | null;
}

/** The level of each figure between two nights, and the conditions that it was measured under. */
interface Standing {
  readonly conditions: Conditions | null;
  readonly pricesOf: string | null;
  readonly levels: ReadonlyMap<string, FigureLevel>;
}

type FigureLevel = Figure & { readonly level: Level };

const NOTHING: Standing = { conditions: null, pricesOf: null, levels: new Map() };
/** The same history gets the same verdict each time. */
const SEED = 20_260_901;

/** Judge every night by those before it, in the order of time. */
export function judgeHistory({ name, nights, resets }: History): JudgedHistory {
  const judged: JudgedNight[] = [];
  const pending = resets.toSorted((a, b) => a.at - b.at);
  let standing = NOTHING;
  /** The last reset until then, if there is one that no night has followed. */
  const resetUntil = (epochMs: number): Reset | null => {
    const due = pending.splice(0, pending.filter(({ at }) => at <= epochMs).length);
    if (due.length > 0) standing = presentLevel(judged.map(({ night }) => night));
    return due.at(-1) ?? null;
  };
  for (const night of nights) {
    const reset = resetUntil(night.at);
    const { next, ...outcome } = judgeOne(standing, night);
    judged.push({ night, reset, ...outcome });
    standing = next;
  }
  const reset = resetUntil(Number.POSITIVE_INFINITY);
  const regressions = [...standing.levels.values()].filter(({ level }) => level.regression !== null);
  return {
    name,
    nights: judged,
    reset,
    regressions: regressions.map(({ arm, measure }) => ({ arm, measure })),
  };
}

function judgeOne(standing: Standing, night: Night) {
  const none = { judgements: [], next: standing };
  if (night.status === 'failed') {
    const { code, message } = night.error ?? { code: 'Failed', message: 'no reason was recorded' };
    return { ...none, state: 'failed' as const, reasons: [`${code}: ${message}`] };
  }
  const reasons = standing.conditions === null ? [] : differences(standing.conditions, night.conditions);
  if (reasons.length > 0) return { ...none, state: 'not comparable' as const, reasons };
  const levels = new Map(standing.levels);
  // A price list that changed is no change of what was used: the level of cost is learned anew.
  if (night.pricesOf !== null && night.pricesOf !== standing.pricesOf) forgetCosts(levels);
  const judgements = figuresOf(night).map(({ arm, measure, value }) => {
    const name = `${arm} ${measure}`;
    const { level, verdict } = judgeNight(levels.get(name)?.level ?? levelOf(), value, tested);
    levels.set(name, { arm, measure, level });
    return { arm, measure, value, ...verdict };
  });
  const next = { conditions: night.conditions, pricesOf: night.pricesOf ?? standing.pricesOf, levels };
  return { next, judgements, state: gravest(judgements), reasons: [] };
}

/**
 * What a reset accepts: the last nights that succeeded under the same conditions as the last of them, `HELD_NIGHTS` at
 * most. Learning goes on from there.
 */
function presentLevel(nights: readonly Night[]): Standing {
  const done = nights.filter(({ status }) => status === 'succeeded');
  const latest = done.at(-1);
  if (latest === undefined) return NOTHING;
  const present = done
    .slice(-HELD_NIGHTS)
    .filter(({ conditions }) => differences(latest.conditions, conditions).length === 0);
  const figures = present.flatMap((night) =>
    // Costs by other prices are no level of these.
    figuresOf(night).filter(({ measure }) => measure !== 'usd' || night.pricesOf === latest.pricesOf),
  );
  const levels = [...Map.groupBy(figures, ({ arm, measure }) => `${arm} ${measure}`)].map(([name, found]) => {
    const { arm, measure } = found[0] as Figure;
    return [name, { arm, measure, level: levelOf(found.map(({ value }) => value)) }] as const;
  });
  return { conditions: latest.conditions, pricesOf: latest.pricesOf, levels: new Map(levels) };
}

function figuresOf({ arms }: Night): (Figure & { readonly value: number })[] {
  return arms.flatMap(({ arm, seconds, usd }) => [
    { arm, measure: 'seconds' as const, value: seconds },
    ...(usd === null ? [] : [{ arm, measure: 'usd' as const, value: usd }]),
  ]);
}

function forgetCosts(levels: Map<string, FigureLevel>): void {
  for (const [name, { measure }] of levels) if (measure === 'usd') levels.delete(name);
}

function tested(baseline: readonly number[], current: readonly number[]) {
  return ratioTest(baseline, current, { minimumEffect: MINIMUM_EFFECT, random: seededRandom(SEED) });
}

const GRAVITY: readonly NightVerdict['state'][] = ['regression', 'suspect', 'recovered', 'ok', 'learning'];

/** A night without a figure that could be judged has still to be learned from. */
function gravest(judgements: readonly Judgement[]): NightVerdict['state'] {
  return GRAVITY.find((state) => judgements.some((judgement) => judgement.state === state)) ?? 'learning';
}
