import { layout } from '../contract/layout.ts';
import type { Plan } from '../contract/plan.ts';
import { type Pages, SORT_LIMIT } from '../dataset/key-order.ts';
import type { ListingTally } from '../dataset/list-images.ts';
import type { ShardKeys } from '../dataset/shards/shard-keys.ts';
import { FanfleetError } from '../errors.ts';
import { cutBatches } from './cut.ts';
import { writeInOrder } from './ordered-listing.ts';
import { PackedPages } from './packed-pages.ts';
import { pick } from './split.ts';
import { type ManifestTotals, type WriteManifestOptions, writeManifest } from './write.ts';

/** The list of the images to learn from. */
export const TRAINING_ITEMS = 'training-items.json';

/** Most images of a training set, and of a prefix that is divided: the functions hold them, or what is known of them. */
export const TRAINING_LIMIT = SORT_LIMIT;

/** Images of a batch of the list: these are only how it is read. */
const BATCH_SIZE = 10_000;

export type TrainingPlace = Pick<WriteManifestOptions, 's3'> & {
  readonly dataBucket: string;
  readonly runsBucket: string;
  readonly runId: string;
};

type Training = NonNullable<Plan['training']>;

/**
 * Divide the images of a prefix: write those that are asked by `writeAsked`, and the list of the others.
 *
 * @throws FanfleetError `INVALID_INPUT` where none would be left to learn from, or there are too many; what `pages` throw
 */
export async function writeDivided(
  pages: Pages,
  { prefix, ask }: { readonly prefix: string; readonly ask: number },
  place: TrainingPlace,
  writeAsked: (pages: Pages) => Promise<ManifestTotals>,
): Promise<ManifestTotals & { readonly training: Training }> {
  const where = `s3://${place.dataBucket}/${prefix}`;
  const all = await PackedPages.of(pages, TRAINING_LIMIT, () => tooMany(where));
  if (ask >= all.count) throw noneLeft(where, ask, all.count);
  const training = await writeItems(pick(all.pages(), false, ask, all.count), prefix, place);
  return { ...(await writeAsked(pick(all.pages(), true, ask, all.count))), training };
}

/**
 * List the images of a prefix of their own to learn from.
 *
 * @throws FanfleetError `INVALID_INPUT` where there are too many, and as `plan` does of its images
 */
export async function planTraining(
  prefix: string,
  place: TrainingPlace,
  list: (tally: ListingTally) => Pages,
  shardKeys: ShardKeys,
): Promise<{ readonly training: Training; readonly tally: ListingTally }> {
  const where = `s3://${place.dataBucket}/${prefix}`;
  const write = (pages: Pages) => writeItems(atMost(pages, where), prefix, place);
  const { written, tally } = await writeInOrder(list, write, shardKeys);
  return { training: { ...written, storageClasses: tally.storage.toJSON() }, tally };
}

async function writeItems(pages: Pages, prefix: string, place: TrainingPlace): Promise<Training> {
  const itemsKey = layout.inputFile(place.runId, TRAINING_ITEMS);
  const batches = cutBatches(pages, { batchSize: BATCH_SIZE });
  const { items, bytes } = await writeManifest({
    ...{ s3: place.s3, bucket: place.runsBucket, key: itemsKey },
    batches,
  });
  return { prefix, itemsKey, items, bytes };
}

async function* atMost(pages: Pages, where: string) {
  let count = 0;
  for await (const page of pages) {
    count += page.length;
    if (count > TRAINING_LIMIT) throw tooMany(where);
    yield page;
  }
}

function tooMany(where: string): FanfleetError {
  return unusable(
    `Expected at most ${count(TRAINING_LIMIT)} images under ${where}, which are learned from, but there are more: learn from those of a narrower prefix by \`training\`.`,
  );
}

function noneLeft(where: string, ask: number, items: number): FanfleetError {
  return unusable(
    `Expected \`ask\` to be less than the ${count(items)} images under ${where}, so that some are left to learn from, but it is ${count(ask)}: ask fewer, or learn from those of another prefix by \`training\`.`,
  );
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

function count(items: number): string {
  return items.toLocaleString('en-US');
}
