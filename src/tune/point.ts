import * as z from 'zod';
import { parseSide, type Side } from '../compare/side.ts';
import { requestSchema } from '../run/request.ts';

/** Settings of the functions that are tried. */
export const pointSchema = z.object({
  /** MB. */
  memory: requestSchema.shape.memory.unwrap(),
  /** Most items in a batch; null for as many as the stack was deployed with. */
  batchSize: requestSchema.shape.batchSize.unwrap().nullable(),
});
export type Point = z.infer<typeof pointSchema>;

/** Every combination, once, by batch size, then memory, both ascending. */
export function pointsOf(memory: readonly number[], batchSizes: readonly (number | null)[]): Point[] {
  const ascending = <T extends number | null>(all: readonly T[]) =>
    [...new Set(all)].sort((a, b) => (a ?? 0) - (b ?? 0));
  return ascending(batchSizes).flatMap((batchSize) =>
    ascending(memory).map((each) => ({ memory: each, batchSize })),
  );
}

/** The configuration that is measured for a point. */
export function sideOfPoint({ memory, batchSize }: Point): Side {
  const batches = batchSize === null ? '' : `,batch-size=${batchSize}`;
  return parseSide(`serverless,memory=${memory}${batches}`, 'point');
}

export function pointName({ memory, batchSize }: Point): string {
  return batchSize === null ? `${memory} MB` : `${memory} MB, batches of ${batchSize}`;
}
