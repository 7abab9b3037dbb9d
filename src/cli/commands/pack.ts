import { readImageFolder } from '../../dataset/folder.ts';
import { type PackTotals, packShards } from '../../dataset/shards/pack.ts';
import { localImages, looseObjects } from '../../dataset/shards/pack-source.ts';
import { bytes, plural } from '../../report/format.ts';
import { type Context, connect } from '../context.ts';

export interface PackCommandOptions {
  /** Of the loose objects, or what is put before the keys of `images`. */
  readonly prefix: string;
  readonly to: string;
  readonly shardSize?: number | undefined;
  /** A folder of this machine. */
  readonly images?: string | undefined;
}

/** Write loose images as tar shards into the stack's data bucket. */
export async function packCommand(context: Context, { prefix, to, shardSize, images }: PackCommandOptions) {
  const { io, signal } = context;
  const { s3, stack } = await connect(context);
  const bucket = stack.dataBucket;
  const target = {
    s3,
    bucket,
    to,
    signal,
    shardBytes: shardSize,
    onProgress: (totals: PackTotals) =>
      io.progress(`packing ${images ?? prefix}: ${plural(totals.images, 'image')}, ${bytes(totals.bytes)}`),
  };
  const packed =
    images === undefined
      ? await packShards({ ...target, source: looseObjects({ s3, bucket, prefix, signal }) })
      : await packShards({
          ...target,
          source: localImages((await readImageFolder(images, { signal })).files, prefix),
        });
  const text = `${plural(packed.images, 'image')} in ${plural(packed.shards, 'shard')} under s3://${bucket}/${to}`;
  return { json: { bucket, prefix, to, ...packed }, text };
}
