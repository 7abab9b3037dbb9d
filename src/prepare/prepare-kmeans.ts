import { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { MOST_VALUES } from '../kernel/centres.ts';
import { MOST_LENGTH } from '../kernel/nearest.ts';
import { seededRandom } from '../statistics/random.ts';
import { writeLabels } from '../workloads/kmeans/labels-file.ts';
import { plusPlus } from '../workloads/kmeans/plus-plus.ts';
import { type KmeansParams, PLUS_PLUS } from '../workloads/kmeans/schema.ts';
import { writeState } from '../workloads/kmeans/state.ts';
import { heldOfKmeans, type KmeansSizes } from './kmeans-room.ts';
import { largestBatch } from './largest-batch.ts';
import { optionalLabels } from './optional-labels.ts';
import type { Prepared, PrepareOptions } from './options.ts';
import { putInputs } from './put-inputs.ts';
import { readBounded } from './read-bounded.ts';
import { namedImages, type StartImages, sampledImages } from './start-images.ts';
import { utf8Text } from './utf8-text.ts';

/** Most bytes of the pixels of a batch, which a worker has in memory at once. */
const BATCH_BYTES = 256 * 1024 * 1024;
/** Most bytes of the JSON with the keys of the first centres: a thousand of the longest, each byte of which is written as six. */
const STARTS_BYTES = 8 * 1024 * 1024;

/**
 * Make the first centres of a run, which are images, and the labels of all images for its answer: `start.json` and `labels.json`.
 *
 * @throws FanfleetError `INVALID_INPUT` where there are fewer images than clusters, they are too large, also for the memory of the workers, what is said of starts or
 *   labels is not so; as `runBatch` does, or S3's code
 */
export async function prepareKmeans(params: KmeansParams, options: PrepareOptions): Promise<Prepared> {
  const notes = new NoteLog();
  const images = await startOf(params, options, notes);
  const { width, height, pixels } = images;
  const length = width * height * 3;
  await expectBatchesFit(options, { width, height, k: params.k });
  const centres = Array.from({ length: params.k }, (_, cluster) => ({
    count: 1,
    sum: [...pixels.subarray(cluster * length, (cluster + 1) * length)],
  }));
  const start = Buffer.from(writeState({ width, height, centres, sizes: null, inertia: null }));
  const { file, count } = await optionalLabels(params.labels, options, notes, writeLabels);
  await putInputs(
    options.store,
    options.runId,
    {
      start: { name: 'start.json', body: start, contentType: 'application/json' },
      labels: { name: 'labels.json', body: file, contentType: 'application/json' },
    },
    notes.list(),
  );
  return { images: params.k, labels: count, bytes: start.length };
}

/** The images that are the first centres, in the order of their clusters. */
async function startOf(params: KmeansParams, options: PrepareOptions, notes: NoteLog): Promise<StartImages> {
  const { k, starts, seed } = params;
  const mostLength = Math.min(MOST_LENGTH, Math.floor(MOST_VALUES / k));
  if (starts !== PLUS_PLUS) {
    const where = `s3://${options.bucket}/${starts}`;
    return namedImages(await readKeys(starts, where, k, options), where, options, mostLength, notes);
  }
  const images = await sampledImages(options, mostLength, notes);
  const found = images.keys.length;
  if (found < k) {
    throw unusable(
      `Expected at least as many images of one size as clusters, ${k}, but there are ${found} that can be used: take a smaller \`k\`, or a wider prefix.`,
    );
  }
  const length = images.pixels.length / found;
  const { taken, distinct } = plusPlus(images.pixels, length, k, seededRandom(seed));
  if (distinct < k) notes.add('START_NOT_DISTINCT', `${distinct} of ${k}`);
  return {
    ...images,
    keys: taken.map((place) => images.keys[place] ?? ''),
    pixels: Buffer.concat(taken.map((place) => images.pixels.subarray(place * length, (place + 1) * length))),
  };
}

/** The keys in the JSON that the params name. */
async function readKeys(key: string, where: string, k: number, { files }: PrepareOptions): Promise<string[]> {
  const expected = `Expected a JSON array of ${k} keys that differ at ${where}, one for each cluster, but`;
  const found = await readBounded(files, key, STARTS_BYTES);
  if (found === null) throw unusable(`${expected} it is not there: correct \`starts\`.`);
  if (found === 'too large') {
    const most = STARTS_BYTES / (1024 * 1024);
    throw unusable(`${expected} it has more than ${most} MiB: correct \`starts\`.`);
  }
  const keys = parseKeys(utf8Text(found), expected);
  const differ = new Set(keys).size;
  if (keys.length !== k || differ !== k)
    throw unusable(`${expected} it has ${keys.length}, of which ${differ} differ: correct it, or \`k\`.`);
  return keys;
}

function parseKeys(text: string, expected: string): string[] {
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch (reason) {
    throw unusable(`${expected} it is no JSON (${(reason as SyntaxError).message}): correct it.`);
  }
  if (Array.isArray(keys) && keys.every((each) => typeof each === 'string')) return keys;
  throw unusable(`${expected} it has something else: correct it.`);
}

async function expectBatchesFit(
  { manifest, expectRoom }: PrepareOptions,
  sizes: Omit<KmeansSizes, 'images'>,
): Promise<void> {
  const length = sizes.width * sizes.height * 3;
  const most = await largestBatch(manifest());
  if (most * length <= BATCH_BYTES) {
    expectRoom?.(heldOfKmeans({ ...sizes, images: most }));
    return;
  }
  const fitting = Math.floor(BATCH_BYTES / length);
  throw unusable(
    `Expected batches whose pixels take at most ${BATCH_BYTES / (1024 * 1024)} MiB, so ${fitting} images of this size, but the largest has ${most}: take a smaller \`batchSize\`, or smaller images.`,
  );
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
