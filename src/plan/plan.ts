import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { layout } from '../contract/layout.ts';
import type { DatasetObject } from '../contract/manifest.ts';
import type { Plan } from '../contract/plan.ts';
import type { ImageFilter } from '../dataset/image-type.ts';
import type { Pages } from '../dataset/key-order.ts';
import { type ListingTally, listImages } from '../dataset/list-images.ts';
import type { ShardKeys } from '../dataset/shards/shard-keys.ts';
import { FanfleetError } from '../errors.ts';
import type { TrainingSource } from '../workloads/training-source.ts';
import { cutBatches } from './cut.ts';
import { EvenSample } from './even-sample.ts';
import { expectReadable } from './expect-readable.ts';
import type { NamedKeys } from './named-keys.ts';
import { onlyNamed } from './only-named.ts';
import { writeInOrder } from './ordered-listing.ts';
import { openShardsOf } from './shard-members.ts';
import { planTraining, writeDivided } from './training.ts';
import { type ManifestTotals, writeManifest } from './write.ts';

export type PlanOptions = {
  readonly s3: S3Client;
  /** Where the images are. */
  readonly dataBucket: string;
  readonly prefix: string;
  /** Where `manifest.json` and `plan.json` of the run are written. */
  readonly runsBucket: string;
  readonly runId: string;
  /** Most images in a batch. */
  readonly batchSize: number;
  /** At least so many batches, as far as there are images. @default 1 */
  readonly minBatches?: number | undefined;
  /** What counts as an image. @default 'suffix' */
  readonly filter?: ImageFilter | undefined;
  /** What the keys of images in tars are. @default 'auto' */
  readonly shardKeys?: ShardKeys | undefined;
  /** The keys of the images; one that is not there is a row with its error. @default all images under the prefix */
  readonly named?: NamedKeys | undefined;
  /** Which images the workload learns from: they are listed beside the manifest. @default it learns from none */
  readonly training?: TrainingSource | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, for `listMs`. */
  readonly clock: () => number;
};

type Written = ManifestTotals & Pick<Plan, 'training'>;

/** Most images that are asked for a byte, and at least half of it: where one in ten can be read, no run in 800 is given up. */
const PROBED = 128;

/**
 * List a prefix, cut its images into batches, and write `manifest.json` and then `plan.json` of a run.
 *
 * Everything streams: whatever the number of keys, it holds one page of the listing (1,000 keys), up to 80,000 files
 * of shards, up to 20,000 objects to be cut, and three parts of the upload (docs/dataset.md has what was measured for
 * 10 million); of each of 8 tars without an index, the names of 100,000 files that hard links may lead to. Only where
 * keys come without order (a directory bucket, shuffled shards) the prefix is listed a second time and sorted in
 * memory, up to 2 million images.
 *
 * An image that S3 refuses is one row. Where it refuses all, there is no use in a run: images from all over the prefix are
 * asked for a byte.
 *
 * @throws FanfleetError `BUCKET_MISSING`, `ACCESS_DENIED`, `OBJECTS_REFUSED`, `PREFIX_EMPTY`, `NO_IMAGES`,
 * `TOO_MANY_UNORDERED_KEYS`, `DUPLICATE_KEY`, the code of an image's error if every image has one, or the name of another
 * AWS error; the reason of the signal once it is aborted.
 */
export async function plan(options: PlanOptions): Promise<Plan> {
  const { s3, dataBucket: bucket, prefix, runsBucket, runId, signal, filter, clock } = options;
  const manifestKey = layout.manifest(runId);
  const openShard = openShardsOf({ s3, bucket, signal });
  const { training, named, shardKeys: asked = 'auto' } = options;
  let sample = new EvenSample<DatasetObject>(PROBED);
  const listOf = (prefix: string, tally: ListingTally, only?: NamedKeys) =>
    listImages({ s3, bucket, prefix, filter, openShard, named: only, signal, clock }, tally);
  const list = (tally: ListingTally) => {
    sample = new EvenSample(PROBED);
    return sampled(listOf(prefix, tally, named), sample);
  };
  const writeAll = (pages: Pages): Promise<Written> =>
    writeManifest({ s3, bucket: runsBucket, key: manifestKey, batches: cutBatches(pages, options) });
  const write = (listed: Pages) => {
    const pages = named === undefined ? listed : onlyNamed(listed, named.sorted);
    return training === undefined || 'prefix' in training
      ? writeAll(pages)
      : writeDivided(pages, { prefix, ask: training.ask }, options, writeAll);
  };
  try {
    const { written, tally, shardKeys } = await writeInOrder(list, write, asked);
    const probed = { sample: sample.items, items: written.items + (written.training?.items ?? 0) };
    tally.gets += await expectReadable({ s3, bucket, prefix, signal, ...probed });
    const { shards, folders, leftOut, storage } = tally;
    const notes = [...(named?.notes.list() ?? []), ...tally.notes.list()];
    let { listMs, lists, gets } = tally;
    let learned = {};
    if (training !== undefined && 'prefix' in training) {
      const own = await planTraining(
        training.prefix,
        options,
        (other) => listOf(training.prefix, other),
        asked,
      );
      learned = { training: own.training };
      notes.push(...own.tally.notes.list());
      listMs += own.tally.listMs;
      lists += own.tally.lists;
      gets += own.tally.gets;
    }
    const result: Plan = {
      bucket,
      prefix,
      manifestKey,
      ...written,
      ...learned,
      shards,
      ...(shards === 0 ? {} : { shardKeys }),
      skipped: folders + leftOut.count,
      leftOut: leftOut.list(),
      notes,
      listMs,
      requests: { lists, gets },
      storageClasses: storage.toJSON(),
    };
    await s3.send(
      new PutObjectCommand({
        Bucket: runsBucket,
        Key: layout.plan(runId),
        Body: JSON.stringify(result),
        ContentType: 'application/json',
      }),
    );
    return result;
  } catch (reason) {
    signal?.throwIfAborted();
    throw FanfleetError.from(reason, 'aws');
  }
}

async function* sampled(
  pages: AsyncIterable<readonly DatasetObject[]>,
  sample: EvenSample<DatasetObject>,
): AsyncGenerator<readonly DatasetObject[]> {
  for await (const page of pages) {
    for (const object of page) sample.add(object);
    yield page;
  }
}
