import * as z from 'zod';
import { engineSchema } from '../contract/engines.ts';
import { runOperationSchema } from '../run/normalise.ts';

/** What a sweep varies. */
export const pointSchema = z.object({
  operation: runOperationSchema,
  engine: engineSchema,
  workers: z.int().min(1).max(256),
});
export type Point = z.infer<typeof pointSchema>;

export interface Axes {
  readonly operations: readonly Point['operation'][];
  readonly engines: readonly Point['engine'][];
  readonly workers: readonly number[];
}

/** Every combination, once, by operation, then engine, then worker count; the latter ascending. */
export function pointsOf({ operations, engines, workers }: Axes): Point[] {
  const counts = [...new Set(workers)].sort((a, b) => a - b);
  return [...new Set(operations)].flatMap((operation) =>
    [...new Set(engines)].flatMap((engine) => counts.map((count) => ({ operation, engine, workers: count }))),
  );
}

export function pointName({ operation, engine, workers }: Point): string {
  return `${engine}, ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${operation}`;
}
