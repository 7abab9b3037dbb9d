import { type Fragment, html } from '../markup.ts';
import { anchorAt } from './picture.ts';

export interface Tick {
  /** Place on the axis, 0 to 100. */
  readonly percent: number;
  readonly label: string;
}

/** Pixels that the labels of an axis take. */
export const AXIS = 22;

const UNITS = [
  { name: 'h', ms: 3_600_000, from: 7_200_000 },
  { name: 'min', ms: 60_000, from: 300_000 },
  { name: 's', ms: 1000, from: 2000 },
  { name: 'ms', ms: 1, from: 0 },
] as const;

/** Where a time lies on an axis from 0 to `totalMs`, in percent with three decimals. */
export function percentOf(ms: number, totalMs: number): number {
  if (totalMs <= 0) return 0;
  return Math.round((100_000 * Math.min(Math.max(ms, 0), totalMs)) / totalMs) / 1000;
}

/** Round values on a time axis from 0 to `totalMs`: about five steps of 1, 2 or 5 times a power of ten. */
export function timeTicks(totalMs: number): Tick[] {
  if (totalMs <= 0) return [];
  const unit = UNITS.find(({ from }) => totalMs >= from) ?? UNITS[3];
  const total = totalMs / unit.ms;
  const power = 10 ** Math.floor(Math.log10(total / 5));
  const step = power * ([1, 2, 5, 10].find((factor) => total / (factor * power) <= 6) ?? 10);
  const steps = Math.floor(total / step + 1e-9);
  return Array.from({ length: steps + 1 }, (_, i) => ({
    percent: percentOf(i * step * unit.ms, totalMs),
    label: i === 0 ? '0' : `${Number((i * step).toPrecision(6))} ${unit.name}`,
  }));
}

/** Grid lines down to `top` pixels, and the labels below it. */
export function timeAxis(totalMs: number, top: number): Fragment {
  return timeTicks(totalMs).map(
    ({ percent, label }) =>
      html`<line class="grid" x1="${percent}%" x2="${percent}%" y1="0" y2="${top + 5}"/><text class="tick" x="${percent}%" y="${top + AXIS - 5}" text-anchor="${anchorAt(percent / 100)}">${label}</text>`,
  );
}
