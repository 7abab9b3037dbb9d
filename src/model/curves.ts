import * as z from 'zod';
import { armSchema } from '../contract/arm.ts';

const amount = z.number().nonnegative();

/** One size on the curve of one arm. */
export const curvePointSchema = z.object({
  items: z.int().positive(),
  /** From the start of the arm to its end. */
  seconds: amount,
  /** The whole bill of the arm. */
  usd: amount,
  /** What keeps it from being faster at this size, e.g. `instance boot`. */
  limit: z.string(),
});
export type CurvePoint = z.infer<typeof curvePointSchema>;

/** Where the curves of two arms cross, interpolated on a logarithmic scale. */
export const crossingSchema = z.object({
  what: z.enum(['seconds', 'usd']),
  items: z.number().positive(),
  /** The arm that takes less (time or money) at fewer items than that, and the one that does at more. */
  below: armSchema,
  above: armSchema,
});
export type Crossing = z.infer<typeof crossingSchema>;

/** Time and bill over the number of items, for both arms. */
export const curvesSchema = z.object({
  bytesPerItem: z.number().positive(),
  /** The numbers of items that the arms have points for, ascending. */
  sizes: z.array(z.int().positive()),
  arms: z.array(z.object({ arm: armSchema, label: z.string(), points: z.array(curvePointSchema) })),
  crossings: z.array(crossingSchema),
  /** What the figures rest on, in one sentence. */
  calibration: z.string(),
  notes: z.array(z.string()),
});
export type Curves = z.infer<typeof curvesSchema>;
