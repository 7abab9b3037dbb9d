/** A stretch of time, in milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export function lengthOf({ from, to }: Interval): number {
  return to - from;
}

export function clamp(value: number, { from, to }: Interval): number {
  return Math.min(Math.max(value, from), to);
}

/** The part of an interval that lies in another one; empty where none does. */
export function clip(interval: Interval, within: Interval): Interval {
  const from = clamp(interval.from, within);
  return { from, to: Math.max(from, clamp(interval.to, within)) };
}
