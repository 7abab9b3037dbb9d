import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { sdkObjectError } from '../aws/sdk-object-error.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import type { DatasetObject } from '../contract/manifest.ts';
import { IMAGE_ERRORS, type ImageErrorCode, isAccessRefusal } from '../contract/row.ts';
import { ACCESS_ADVICE, toListingError } from '../dataset/s3-listing.ts';
import { FanfleetError } from '../errors.ts';

const CONCURRENCY = 16;

export type ReadableOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  /** Images of the plan, from all over it. */
  readonly sample: readonly DatasetObject[];
  /** How many images the plan has. */
  readonly items: number;
  readonly signal?: AbortSignal | undefined;
};

/** What S3 said of one image, and what that means. */
type Refusal = { readonly code: ImageErrorCode; readonly said: string | null };

/**
 * Ask for a byte of an image, and if it is refused, of all in the sample: where none is given, no worker will get one
 * either, since both arms have the same rights.
 *
 * @returns the GETs that it took
 * @throws FanfleetError `ACCESS_DENIED` where all are denied, `OBJECTS_REFUSED` where all are refused for several
 * reasons or another one; what `toListingError` makes of the bucket's errors; the reason of the signal
 */
export async function expectReadable(options: ReadableOptions): Promise<number> {
  const [first, ...others] = options.sample;
  if (first === undefined) return 0;
  const refusals = [await refusalOf(first, options)];
  if (refusals[0] !== null) {
    await forEachConcurrent(
      others,
      CONCURRENCY,
      async (object) => void refusals.push(await refusalOf(object, options)),
      options.signal,
    );
    const found = refusals.filter((refusal) => refusal !== null);
    if (found.length === refusals.length) throw refused(options, found);
  }
  return options.sample.slice(0, refusals.length).filter((object) => object.refused === undefined).length;
}

async function refusalOf(
  { key, size, shard, refused }: DatasetObject,
  { s3, bucket, prefix, signal }: ReadableOptions,
): Promise<Refusal | null> {
  if (refused !== undefined) return isAccessRefusal(refused) ? { code: refused, said: null } : null;
  // Of an empty object S3 has no range, and says so after it has looked at the rights.
  const at = size === 0 && shard !== undefined ? Math.max(0, shard.offset - 1) : (shard?.offset ?? 0);
  try {
    const { Body } = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: shard?.key ?? key, Range: `bytes=${at}-${at}` }),
      signal === undefined ? {} : { abortSignal: signal },
    );
    // Read to its end, which gives the connection back.
    for await (const _ of Body as unknown as AsyncIterable<Uint8Array>);
    return null;
  } catch (reason) {
    signal?.throwIfAborted();
    const code = sdkObjectError(reason);
    if (code === undefined) throw toListingError(reason, bucket, prefix);
    return isAccessRefusal(code) ? { code, said: (reason as Error).message } : null;
  }
}

function refused({ bucket, prefix, items }: ReadableOptions, refusals: readonly Refusal[]): FanfleetError {
  const where = `s3://${bucket}/${prefix}`;
  const tried =
    refusals.length < items
      ? `all ${refusals.length} that were tried, from all over the ${items} there,`
      : `all ${items}`;
  const kinds = [...Map.groupBy(refusals, ({ code }) => code)];
  const said = refusals.find((refusal) => refusal.said !== null)?.said;
  const quoted = said === undefined ? '' : ` S3 said: ${said}`;
  if (kinds.length === 1 && kinds[0]?.[0] === 'OBJECT_DENIED') {
    return new FanfleetError(
      'ACCESS_DENIED',
      `Expected to read the images under ${where} but ${tried} were denied: ${ACCESS_ADVICE}.${quoted}`,
      { source: 'user' },
    );
  }
  const counts = kinds.map(([code, { length }]) => `${length} with ${code} (${IMAGE_ERRORS[code]})`);
  return new FanfleetError(
    'OBJECTS_REFUSED',
    `Expected to read the images under ${where} but ${tried} were refused: ${counts.join('; ')}.${quoted}`,
    { source: 'user' },
  );
}
