import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Batch } from '../contract/manifest.ts';

/** 10,000 parts of it are 80 GiB, i.e. some 700 million objects. */
const PART_BYTES = 8 * 1024 * 1024;

export type WriteManifestOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly batches: AsyncIterable<Batch>;
};
export type ManifestTotals = { readonly batches: number; readonly items: number; readonly bytes: number };

/**
 * Stream batches to S3 as a JSON array with one batch per line. Parts are sent one after the other, and the
 * batches are asked for as they are sent: about three parts (24 MiB) are held.
 *
 * If the batches fail, the upload is aborted, nothing is written under the key, and their error is thrown.
 */
export async function writeManifest({
  s3,
  bucket,
  key,
  batches,
}: WriteManifestOptions): Promise<ManifestTotals> {
  const totals = { batches: 0, items: 0, bytes: 0 };
  const body = Readable.from(manifestText(batches, totals));
  const upload = new Upload({
    client: s3,
    params: { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' },
    partSize: PART_BYTES,
    // One sender: with more, the others would read the listing to its end after one of them has failed.
    queueSize: 1,
  });
  try {
    await upload.done();
    return totals;
  } finally {
    body.destroy();
  }
}

async function* manifestText(
  batches: AsyncIterable<Batch>,
  totals: { batches: number; items: number; bytes: number },
): AsyncGenerator<Buffer> {
  yield Buffer.from('[\n');
  for await (const batch of batches) {
    const separator = totals.batches === 0 ? '' : ',\n';
    totals.batches += 1;
    totals.items += batch.objects.length;
    totals.bytes += batch.bytes;
    yield Buffer.from(separator + JSON.stringify(batch));
  }
  yield Buffer.from('\n]\n');
}
