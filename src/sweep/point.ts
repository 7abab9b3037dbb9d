import * as z from 'zod';
import { engineSchema } from '../contract/engines.ts';
import { type RunWorkload, workloadSchema } from '../workloads/schemas.ts';
import { workloadLabel } from '../workloads/text.ts';

/** What a sweep varies. */
export const pointSchema = z.object({
  workload: workloadSchema,
  engine: engineSchema,
  workers: z.int().min(1).max(256),
});
export type Point = z.infer<typeof pointSchema>;

export interface Axes {
  readonly workloads: readonly RunWorkload[];
  readonly engines: readonly Point['engine'][];
  readonly workers: readonly number[];
  /** Worker counts of single engines, in the place of those of all. */
  readonly workersOf?: Readonly<Partial<Record<Point['engine'], readonly number[]>>>;
}

/** Every combination, once, by workload, then engine, then worker count; the latter ascending. */
export function pointsOf({ workloads, engines, workers, workersOf = {} }: Axes): Point[] {
  const countsOf = (engine: Point['engine']) =>
    [...new Set(workersOf[engine] ?? workers)].sort((a, b) => a - b);
  // Settings are the same wherever the label is.
  const different = new Map(workloads.map((workload) => [workloadLabel(workload), workload]));
  return [...different.values()].flatMap((workload) =>
    [...new Set(engines)].flatMap((engine) =>
      countsOf(engine).map((count) => ({ workload, engine, workers: count })),
    ),
  );
}

export function pointName({ workload, engine, workers }: Point): string {
  return `${engine}, ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${workloadLabel(workload)}`;
}
