import type { Figure, JudgedHistory, NightState } from './judge.ts';

/** One figure in one night; null where the night says nothing of it. */
export interface TrendPoint {
  readonly at: number;
  readonly value: number | null;
  readonly state: NightState;
  /** What was usual before the night, and its limit. */
  readonly mean: number | null;
  readonly limit: number | null;
  readonly reset: boolean;
}

/** A figure over the nights, in the order of time. */
export interface Trend extends Figure {
  readonly points: readonly TrendPoint[];
}

/**
 * The figures that any night has, arm by arm.
 *
 * @param most nights, the last ones
 */
export function trendsOf({ nights }: JudgedHistory, most: number): Trend[] {
  const shown = nights.slice(-most);
  const figures = new Map<string, Figure>();
  for (const { arm, measure } of shown.flatMap(({ judgements }) => judgements)) {
    figures.set(`${arm} ${measure}`, { arm, measure });
  }
  return [...figures.values()].map(({ arm, measure }) => ({
    arm,
    measure,
    points: shown.map(({ night, state, judgements, reset }) => {
      const found = judgements.find((other) => other.arm === arm && other.measure === measure);
      return {
        at: night.at,
        value: found?.value ?? null,
        state: found?.state ?? state,
        mean: found?.mean ?? null,
        limit: found?.limit ?? null,
        reset: reset !== null,
      };
    }),
  }));
}
