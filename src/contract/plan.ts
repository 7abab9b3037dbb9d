import * as z from 'zod';
import { armSchema } from './arm.ts';

/** Files, or keys, that are no images, by suffix. */
export const leftOutSchema = z.object({
  /** In lower case with its dot; `''` for none, `*` for all suffixes beyond the first hundred. */
  suffix: z.string(),
  count: z.int().positive(),
  /** One of them. */
  example: z.string(),
});
export type LeftOut = z.infer<typeof leftOutSchema>;

/** Examples that are kept of each note. */
export const NOTE_EXAMPLES = 3;

/** What is worth a word of a dataset, beside its images. */
export const noteSchema = z.object({
  code: z.string(),
  message: z.string(),
  count: z.int().positive(),
  examples: z.array(z.string()).min(1).max(NOTE_EXAMPLES),
});
export type Note = z.infer<typeof noteSchema>;

/** The images of one storage class. */
export const classTallySchema = z.object({
  items: z.int().nonnegative(),
  /** Of those that are read: the plan may refuse some. */
  bytes: z.int().nonnegative(),
  /** GETs that it takes to read all of them once: one for each of its own, one for 8 MiB of those in tars. */
  gets: z.number().nonnegative(),
  /** GETs that the listing took: first bytes of keys without a suffix, indexes of tars. */
  listingGets: z.int().nonnegative(),
});
export type ClassTally = z.infer<typeof classTallySchema>;

/** What `plan` found and cut. */
export const planSchema = z.object({
  bucket: z.string(),
  prefix: z.string(),
  manifestKey: z.string(),
  batches: z.int(),
  items: z.int(),
  bytes: z.int(),
  /** Tars that were opened. */
  shards: z.int().nonnegative(),
  /** Of images in tars: their names there, or the key of the tar, a `/` and the name. */
  shardKeys: z.enum(['member', 'path']).exactOptional(),
  /** Keys under the prefix, and files in shards, that are no images: folder keys and other suffixes. */
  skipped: z.int(),
  /** The same but for folder keys, by suffix, the most frequent first. */
  leftOut: z.array(leftOutSchema),
  /** What is worth a word of the dataset, and what to do about it. */
  notes: z.array(noteSchema),
  listMs: z.number(),
  /** Requests to S3 that it took to list: pages; and GETs of first bytes and of indexes of shards. */
  requests: z.object({ lists: z.int().nonnegative(), gets: z.int().nonnegative() }),
  /** The images by storage class, as the listing names it. */
  storageClasses: z.record(z.string(), classTallySchema),
  /** Of a workload that learns from images: these, which are in no batch. */
  training: z
    .object({
      /** Where they are; the run's own where it was divided. */
      prefix: z.string(),
      /** The list of them, in the form of a manifest. */
      itemsKey: z.string(),
      items: z.int().positive(),
      bytes: z.int().nonnegative(),
      /** As above, where they are under a prefix of their own. */
      storageClasses: z.record(z.string(), classTallySchema).exactOptional(),
    })
    .exactOptional(),
  /** The earlier run that the manifest was taken from, and how many batches of all its arms and rounds with it. */
  resumed: z
    .object({
      runId: z.string(),
      batches: z.int().nonnegative(),
      /** Whether the files that every worker needs were there, and taken over; else this run made them. */
      inputs: z.boolean(),
      /** The arms and rounds of which every batch was taken over. */
      finished: z.array(z.object({ arm: armSchema, round: z.int().nonnegative() })),
    })
    .exactOptional(),
});
export type Plan = z.infer<typeof planSchema>;
