import * as z from 'zod';
import { isOneKernel } from '../contract/one-kernel.ts';
import { itemCount, plural } from '../format.ts';
import { kernelsText } from '../kernels-text.ts';
import { howToHaveOne } from '../report/how-to-have-one.ts';
import type { Measurement, Metric, Succeeded } from './measurement.ts';
import type { Side } from './side.ts';

/** What stands in the way of a verdict. The gravest comes first. */
export const OBSTACLES = [
  'failed run',
  'workload',
  'items',
  'failed items',
  'digest',
  'kernel',
  'contention',
  'figure missing',
  'not finished',
] as const;
export const obstacleSchema = z.enum(OBSTACLES);
export type Obstacle = z.infer<typeof obstacleSchema>;

export interface Obstruction {
  readonly obstacle: Obstacle;
  readonly reason: string;
}

/** What of a comparison says whether its runs can be compared. */
export interface Compared {
  readonly a: Side;
  readonly b: Side;
  readonly metric: Metric;
  /** How many runs there are to be. */
  readonly runs: number;
  /** One for each run that was made. */
  readonly measurements: readonly Measurement[];
}

/**
 * Why the runs cannot be compared, or null: all must have done the same work by the same program with the same answer,
 * undisturbed. Batches may differ, since a batch size is what two configurations can differ by; rows are in key order, so that the digest does
 * not depend on them.
 */
export function obstructionOf({ a, b, metric, runs, measurements }: Compared): Obstruction | null {
  const name = ({ point, round }: { readonly point: number; readonly round: number }) =>
    `${point === 1 ? 'B' : 'A'} in round ${round + 1} (${point === 1 ? b.label : a.label})`;
  const failures = measurements.filter((one) => one.status === 'failed');
  const [failed] = failures;
  if (failed !== undefined) {
    const others = failures.length === 1 ? '' : `, and ${plural(failures.length - 1, 'other run')}`;
    return { obstacle: 'failed run', reason: `${name(failed)} failed: ${failed.error.message}${others}` };
  }
  const done = measurements.filter((one) => one.status === 'succeeded');
  const [first] = done;
  const differing = (value: (one: Succeeded) => unknown) =>
    first && done.find((one) => value(one) !== value(first));
  const differ = (obstacle: Obstacle, other: Succeeded | undefined, what: (one: Succeeded) => string) =>
    first && other
      ? { obstacle, reason: `${name(first)} had ${what(first)}, ${name(other)} had ${what(other)}.` }
      : null;
  // A comparison has no setting for kernels: sides with different ones are no two configurations, but two programs.
  const mixed = done.find(({ kernels }) => !isOneKernel([kernels]));
  const otherKernel = mixed ?? differing(({ kernels }) => kernels.join());
  const disturbed = done.find(({ besides }) => besides.length > 0);
  const unknown = done.find(({ figures }) => !((figures[metric] ?? 0) > 0));
  return (
    differ(
      'workload',
      differing(({ workload }) => workload),
      ({ workload }) => `the workload ${workload}`,
    ) ??
    differ(
      'items',
      differing(({ items, bytes }) => `${items} ${bytes}`),
      ({ items, bytes, unit }) => `${itemCount(items, unit)} (${plural(bytes, 'byte')})`,
    ) ??
    differ(
      'failed items',
      differing(({ failedItems }) => failedItems),
      ({ failedItems, unit }) => `${itemCount(failedItems, unit)} that failed`,
    ) ??
    allFailed(first) ??
    differ(
      'digest',
      differing(({ digest }) => digest),
      ({ digest }) => `the digest ${digest.slice(0, 12)}`,
    ) ??
    differentKernels(first, otherKernel, name) ??
    (disturbed && {
      obstacle: 'contention',
      reason: `${name(disturbed)} shared the stack with the run ${disturbed.besides.join(', ')}: make the comparison again, alone.`,
    }) ??
    (unknown && {
      obstacle: 'figure missing',
      reason: `${name(unknown)} does not say its ${metric}: take another --metric.`,
    }) ??
    (done.length < runs
      ? {
          obstacle: 'not finished',
          reason: `${done.length} of ${runs} runs are measured: go on with --continue.`,
        }
      : null)
  );
}

function differentKernels(
  first: Succeeded | undefined,
  other: Succeeded | undefined,
  name: (one: Succeeded) => string,
): Obstruction | null {
  if (first === undefined || other === undefined) return null;
  const measured = (one: Succeeded) => `${name(one)} measured with ${kernelsText(one.kernels)}`;
  const said = first === other ? measured(other) : `${measured(first)}, ${measured(other)}`;
  const reason = `${said}: different kernels are different programs. ${howToHaveOne([...first.kernels, ...other.kernels])}`;
  return { obstacle: 'kernel', reason };
}

function allFailed(first: Succeeded | undefined): Obstruction | null {
  if (first === undefined || first.failedItems < first.items) return null;
  return {
    obstacle: 'failed items',
    reason: `Of ${itemCount(first.items, first.unit)} none could be measured.`,
  };
}
