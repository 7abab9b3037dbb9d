import { passedOverText } from '../../src/dataset/files/passed-over.ts';
import { readImageFolder } from '../../src/dataset/folder.ts';
import { type Packed, type PackTotals, packShards } from '../../src/dataset/shards/pack.ts';
import { localImages, looseObjects } from '../../src/dataset/shards/pack-source.ts';
import { refusalText } from '../../src/dataset/shards/refusals.ts';
import { bytes, plural, printable } from '../../src/format.ts';
import { type Context, connect } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { notUploaded } from './dataset.ts';

export interface PackCommandOptions {
  /** Of the loose objects, or what is put before the keys of `images`. */
  readonly prefix: string;
  readonly to: string;
  readonly shardSize?: number | undefined;
  /** A folder of this machine. */
  readonly images?: string | undefined;
  /** Whether the requester pays for requests to the bucket. @default false */
  readonly requesterPays?: boolean;
}

/** Write loose images as tar shards into the stack's data bucket. */
export async function packCommand(context: Context, options: PackCommandOptions) {
  const { prefix, to, shardSize, images, requesterPays = false } = options;
  const { io, signal } = context;
  const { s3, stack } = await connect(context, { requesterPays });
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
  if (images === undefined) {
    const packed = await packShards({ ...target, source: looseObjects({ s3, bucket, prefix, signal }) });
    io.endProgress();
    return outcome(bucket, prefix, to, packed);
  }
  const { files, unusable, passedOver } = await readImageFolder(images, { signal });
  const packed = await packShards({ ...target, source: localImages(files, prefix) });
  io.endProgress();
  for (const line of passedOverText(passedOver)) io.note(printable(line));
  const failed = notUploaded(io, unusable);
  const { json, text, exitCode } = outcome(bucket, prefix, to, packed);
  const leftOut = passedOver.files.list();
  return {
    json: { ...json, failed, leftOut, folderLinks: passedOver.folderLinks },
    text,
    exitCode: failed > 0 ? EXIT.FAILED_ITEMS : exitCode,
  };
}

function outcome(bucket: string, prefix: string, to: string, packed: Packed) {
  const text = `${plural(packed.images, 'image')} in ${plural(packed.shards, 'shard')} under s3://${bucket}/${to}`;
  const { length } = packed.refused;
  return {
    json: { bucket, prefix, to, ...packed },
    text: length > 0 ? `${text}\n${refusalText(packed.refused)}` : text,
    exitCode: length > 0 ? EXIT.FAILED_ITEMS : EXIT.OK,
  };
}
