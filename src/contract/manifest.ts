import * as z from 'zod';
import { IMAGE_ERROR_CODES } from './row.ts';

/** One object to be measured, pinned to the version that was listed. */
export const objectSchema = z.object({
  key: z.string().min(1),
  size: z.int().nonnegative(),
  /** As S3 answers it, with its quotes: fit for `If-Match`. */
  etag: z.string(),
  /** The tar in which the object's bytes begin at `offset`; `etag` is then the tar's. Without it: an object of its own. */
  shard: z.object({ key: z.string().min(1), offset: z.int().nonnegative() }).optional(),
  /** Why the plan knows already that it cannot be read: its row is this error, and no worker asks for its bytes. */
  refused: z.enum(IMAGE_ERROR_CODES).optional(),
});
export type DatasetObject = z.infer<typeof objectSchema>;

/** A unit of work: one child of the Distributed Map, one task of the fleet. Objects are in key order. */
export const batchSchema = z.object({
  batch: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  objects: z.array(objectSchema).min(1),
});
export type Batch = z.infer<typeof batchSchema>;
