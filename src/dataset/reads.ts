import type { DatasetObject } from '../contract/manifest.ts';

/** GETs that a worker has under way: S3 takes some 30 ms to begin an answer. The same in ec2-workers/fanfleet/aws.py. */
export const GETS_AT_ONCE = 16;

/**
 * Most bytes of a tar that a GET brings: large enough for it to cost nothing, small enough for the next one to come while this
 * one is decoded. The same in ec2-workers/fanfleet/slices.py.
 */
export const SLICE_BYTES = 8 * 1024 * 1024;

/** One GET, and the images that it brings. */
export type Read = {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  /** Only of a tar: where the part that is read begins. */
  readonly offset?: number;
  /** Which images of the batch: `count` of them from `first` on. */
  readonly first: number;
  readonly count: number;
};

/** What may lie between two members that are read together: their headers and the padding, not another image. */
const MOST_BETWEEN = 16 * 1024;

/** The objects that a worker asks for: those that the plan did not refuse. */
export function readable(objects: readonly DatasetObject[]): readonly DatasetObject[] {
  return objects.some(({ refused }) => refused !== undefined)
    ? objects.filter(({ refused }) => refused === undefined)
    : objects;
}

/**
 * Cut the objects of a batch into GETs: one for an object of its own, one for as many consecutive members of a tar as
 * fit into a slice.
 *
 * @param sliceBytes most bytes of a slice of a tar, unless one member alone is larger
 */
export function cutIntoReads(objects: readonly DatasetObject[], sliceBytes: number): Read[] {
  const reads: Read[] = [];
  for (const [index, object] of objects.entries()) {
    const last = reads.at(-1);
    const joined = last && join(last, object, sliceBytes);
    if (joined !== undefined) reads[reads.length - 1] = joined;
    else reads.push(alone(object, index));
  }
  return reads;
}

/** The bytes of an image within those of its read. */
export function memberOf({ offset = 0 }: Read, { shard, size }: DatasetObject, bytes: Buffer): Buffer {
  const from = shard === undefined ? 0 : shard.offset - offset;
  return bytes.subarray(from, from + size);
}

function alone({ key, size, etag, shard }: DatasetObject, first: number): Read {
  if (shard === undefined) return { key, etag, size, first, count: 1 };
  // There is no range of no bytes; an empty member is followed by the next header or the end of the tar.
  return { key: shard.key, etag, offset: shard.offset, size: Math.max(1, size), first, count: 1 };
}

function join(read: Read, { shard, size, etag }: DatasetObject, sliceBytes: number): Read | undefined {
  if (shard === undefined || read.offset === undefined) return undefined;
  if (shard.key !== read.key || etag !== read.etag) return undefined;
  const between = shard.offset - (read.offset + read.size);
  const whole = shard.offset + size - read.offset;
  // The byte that was read for an empty member may be the first of what comes between.
  if (between < -1 || between > MOST_BETWEEN || whole > sliceBytes) return undefined;
  return { ...read, size: Math.max(read.size, whole), count: read.count + 1 };
}
