import { scaleLinear } from 'd3-scale';
import { isKernelOfSingleThread } from '../../contract/one-kernel.ts';
import type { Unit } from '../../contract/unit.ts';
import { count, figure, percent, sentence } from '../../format.ts';
import { shownRound } from '../figures.ts';
import type { Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { plot } from './plot.ts';

/** How fast an arm was with so many batches at the same time. */
export interface ScalingPoint {
  readonly arm: string;
  readonly atOnce: number;
  /** Items per second while batches were at work: without boot and teardown. */
  readonly itemsPerSecond: number;
  /** Part of what the same number of single threads would do, 1 being all of it. */
  readonly efficiency: number;
}

/** The points that one run has: of each arm that was measured with the kernel of the single-thread run, against that. */
export function scalingPoints(summary: Summary): ScalingPoint[] {
  const { baseline } = summary;
  if (!baseline?.itemsPerSecond) return [];
  const single = baseline.itemsPerSecond;
  return summary.arms.flatMap((arm) => {
    const shown = shownRound(summary, arm);
    if (shown?.status !== 'succeeded' || shown.batchesTakenOver > 0) return [];
    if (!isKernelOfSingleThread(arm.kernels, baseline.kernel)) return [];
    const { windowStartMs, windowEndMs, peakConcurrency, items, failedItems } = shown;
    if (windowStartMs === null || windowEndMs === null || !peakConcurrency || windowEndMs <= windowStartMs) {
      return [];
    }
    const itemsPerSecond = (items - failedItems) / ((windowEndMs - windowStartMs) / 1000);
    const efficiency = itemsPerSecond / (single * peakConcurrency);
    return [{ arm: arm.arm, atOnce: peakConcurrency, itemsPerSecond, efficiency }];
  });
}

/**
 * Items per second over batches at the same time, with the line on which an arm would lie that scales perfectly.
 *
 * @param single items per second of one thread
 */
export function scalingChart(points: readonly ScalingPoint[], single: number, { many }: Unit): Markup {
  const most = Math.max(2, ...points.map(({ atOnce }) => atOnce));
  const x = scaleLinear([0, most], [0, 0.94]);
  const highest = Math.max(single * most, ...points.map(({ itemsPerSecond }) => itemsPerSecond));
  const y = scaleLinear([0, highest], [0, 1]).nice(4);
  const told = points.map(
    ({ arm, atOnce, itemsPerSecond, efficiency }) =>
      `${arm}: ${figure(itemsPerSecond)} ${many} per second with ${count(atOnce)} at once, ${percent(efficiency)} of ideal`,
  );
  return plot({
    id: 'scaling',
    labels: 'above',
    title: `${sentence(many)} per second over batches at the same time`,
    description: `One thread: ${figure(single)} ${many} per second. ${told.join('; ')}.`,
    xTitle: 'batches at the same time (peak)',
    yTitle: `${many} per second while batches were at work`,
    x: x
      .ticks(5)
      .filter(Number.isInteger)
      .map((value) => ({ at: x(value), label: count(value) })),
    y: y.ticks(4).map((value) => ({ at: y(value), label: count(value) })),
    series: [
      {
        kind: 'ideal',
        label: 'ideal: one thread times batches',
        dots: false,
        points: [
          { x: 0, y: 0, text: '' },
          { x: x(most), y: y(single * most), text: '' },
        ],
      },
      {
        kind: 'ideal',
        label: '',
        points: [{ x: x(1), y: y(single), text: `one thread: ${figure(single)} ${many}/s` }],
      },
      ...points.map(({ arm, atOnce, itemsPerSecond }, i) => ({
        kind: arm,
        label: arm,
        points: [{ x: x(atOnce), y: y(itemsPerSecond), text: told[i] ?? '' }],
      })),
    ],
  });
}
