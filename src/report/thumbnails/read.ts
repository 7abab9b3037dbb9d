import { posix } from 'node:path';
import * as z from 'zod';
import type { BucketReader } from '../../aws/bucket-reader.ts';
import { inputFileSchema } from '../../contract/inputs.ts';
import { layout } from '../../contract/layout.ts';
import { FanfleetError } from '../../errors.ts';
import { memory } from '../../format.ts';
import { parse } from '../../parse.ts';
import { readLabels } from '../../workloads/knn/labels-file.ts';
import { readTraining, type TrainingSet } from '../../workloads/knn/training.ts';
import type { Classification } from '../classification.ts';
import type { Summary } from '../summary-schema.ts';
import { fileAsThumbnail, type ShownSize, shownSize, thumbnailOf } from './thumbnail.ts';

/** Images that were taken for another, and of each the nearest ones, that are shown. */
export const WRONG_SHOWN = 12;
export const NEIGHBOURS_SHOWN = 3;

/** Of a training set of which a file is larger nothing is read for the page. */
const MOST_INPUT_BYTES = 64 * 2 ** 20;
/** Of an object that the page has as it is: 12 of them are a quarter of a megabyte. */
const MOST_FILE_BYTES = 16_000;

/** What the page shows of images: data URIs by their keys. An image that could not be read is not among them. */
export interface Thumbnails {
  /** Null where nothing is known of the training set. */
  readonly size: ShownSize | null;
  readonly asked: ReadonlyMap<string, string>;
  readonly learnt: ReadonlyMap<string, string>;
  /** Why there are none of the training set, as a sentence; null where there are some, or none are wanted. */
  readonly note: string | null;
}

export const NO_THUMBNAILS: Thumbnails = { size: null, asked: new Map(), learnt: new Map(), note: null };

/** Where they are read: the bucket of runs, and that of the images. */
export interface ThumbnailReaders {
  readonly runs: Pick<BucketReader, 'get'>;
  readonly images: Pick<BucketReader, 'stream'>;
}

type Wrong = Classification['wrong'];

const inputsSchema = z.object({ training: inputFileSchema, labels: inputFileSchema });

/** The images that the page shows of a classification. Never rejects: what cannot be read is not shown. */
export async function readThumbnails(
  { runId, answer }: Summary,
  { runs, images }: ThumbnailReaders,
): Promise<Thumbnails> {
  if (answer?.kind !== 'knn' || answer.wrong.length === 0) return NO_THUMBNAILS;
  const wrong = answer.wrong.slice(0, WRONG_SHOWN);
  const [asked, learnt] = await Promise.all([
    askedThumbnails(wrong, images),
    learntThumbnails(runId, wrong, runs).catch((reason: unknown) => ({
      ...NO_THUMBNAILS,
      note: `The images of the training set could not be read (${FanfleetError.from(reason).code}).`,
    })),
  ]);
  return { ...learnt, asked };
}

async function askedThumbnails(
  wrong: Wrong,
  images: ThumbnailReaders['images'],
): Promise<Thumbnails['asked']> {
  const found = await Promise.all(
    wrong.map(async ({ key }) => {
      const file = await startOf(images, key).catch(() => null);
      const uri = file === null || file.length > MOST_FILE_BYTES ? null : fileAsThumbnail(file);
      return uri === null ? [] : [[key, uri] as const];
    }),
  );
  return new Map(found.flat());
}

/** All of an object, or as much as shows that it is too large. */
async function startOf(images: ThumbnailReaders['images'], key: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of images.stream(key)) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MOST_FILE_BYTES) break;
  }
  return Buffer.concat(parts);
}

async function learntThumbnails(
  runId: string,
  wrong: Wrong,
  runs: ThumbnailReaders['runs'],
): Promise<Omit<Thumbnails, 'asked'>> {
  const { training, labels } = await inputsOf(runId, runs);
  const large = [training, labels].find(({ bytes }) => bytes > MOST_INPUT_BYTES);
  if (large !== undefined) {
    const note = `The images of the training set are not shown: ${posix.basename(large.key)} has ${memory(large.bytes)}, more than ${memory(MOST_INPUT_BYTES)}.`;
    return { ...NO_THUMBNAILS, note };
  }
  const [file, labelsFile] = await Promise.all([runs.get(training.key), runs.get(labels.key)]);
  const set = readTraining(file);
  const places = new Map(readLabels(labelsFile).training.keys.map((key, place) => [key, place]));
  const shown = new Set(
    wrong.flatMap(({ neighbours }) => neighbours.slice(0, NEIGHBOURS_SHOWN).map(({ key }) => key)),
  );
  const found = await Promise.all(
    [...shown].map(async (key) => {
      const place = places.get(key);
      return place === undefined ? [] : [[key, await thumbnailOf(pixelsOf(set, place), set)] as const];
    }),
  );
  return { size: shownSize(set), learnt: new Map(found.flat()), note: null };
}

async function inputsOf(runId: string, runs: ThumbnailReaders['runs']) {
  const key = layout.inputs(runId);
  return parse(inputsSchema, JSON.parse((await runs.get(key)).toString('utf8')), key);
}

function pixelsOf({ pixels, width, height }: TrainingSet, place: number): Uint8Array {
  const length = width * height * 3;
  return pixels.subarray(place * length, (place + 1) * length);
}
