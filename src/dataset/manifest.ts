import * as z from 'zod';
import { IMAGE_ERROR_CODES } from '../kernel/row.ts';
import { armSchema } from '../run/request.ts';
import { leftOutSchema } from './left-out.ts';
import { noteSchema } from './notes.ts';
import { classTallySchema } from './storage-tally.ts';

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

/** What `plan` found and cut. */
export const planSchema = z.object({
  bucket: z.string(),
  prefix: z.string(),
  manifestKey: z.string(),
  batches: z.int(),
  images: z.int(),
  bytes: z.int(),
  /** Tars that were opened; runs planned before there were shards do not say. */
  shards: z.int().nonnegative().default(0),
  /** Of images in tars: their names there, or the key of the tar, a `/` and the name. */
  shardKeys: z.enum(['member', 'path']).exactOptional(),
  /** Keys under the prefix, and files in shards, that are no images: folder keys and other suffixes. */
  skipped: z.int(),
  /** The same but for folder keys, by suffix, the most frequent first; runs of before it was counted have none. */
  leftOut: z.array(leftOutSchema).default([]),
  /** What is worth a word of the dataset, and what to do about it. */
  notes: z.array(noteSchema).default([]),
  listMs: z.number(),
  /** Requests to S3 that it took to list: pages; and GETs of first bytes and of indexes of shards. */
  requests: z.object({ lists: z.int().nonnegative(), gets: z.int().nonnegative() }).exactOptional(),
  /** The images by storage class, as the listing names it; runs planned before it was counted do not say. */
  storageClasses: z.record(z.string(), classTallySchema).exactOptional(),
  /** The earlier run that the manifest was taken from, and how many batches of all its arms and rounds with it. */
  resumed: z
    .object({
      runId: z.string(),
      batches: z.int().nonnegative(),
      /** The arms and rounds of which every batch was taken over; older runs do not tell. */
      finished: z.array(z.object({ arm: armSchema, round: z.int().nonnegative() })).default([]),
    })
    .exactOptional(),
});
export type Plan = z.infer<typeof planSchema>;
