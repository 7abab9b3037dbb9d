import { posix } from 'node:path';
import * as z from 'zod';
import { inputFileSchema } from '../../../contract/inputs.ts';
import { layout } from '../../../contract/layout.ts';
import { FanfleetError } from '../../../errors.ts';
import { memory } from '../../../format.ts';
import { parseJson } from '../../../parse.ts';
import { readLabels } from '../../../workloads/knn/labels-file.ts';
import { readTraining, type TrainingSet } from '../../../workloads/knn/training.ts';
import { type ImageReaders, NO_IMAGES, type PageImages } from '../../thumbnails/page-images.ts';
import { readStart } from '../../thumbnails/read-start.ts';
import { fileAsThumbnail, shownSize, thumbnailOf } from '../../thumbnails/thumbnail.ts';
import type { Classification } from './classification.ts';

/** Images that were taken for another, and of each the nearest ones, that are shown. */
export const WRONG_SHOWN = 12;
export const NEIGHBOURS_SHOWN = 3;

/** Of a training set of which a file is larger nothing is read for the page. */
const MOST_INPUT_BYTES = 64 * 2 ** 20;
/** Of an object that the page has as it is: 12 of them are a quarter of a megabyte. */
const MOST_FILE_BYTES = 16_000;

/** The names of an image that was asked, and of one that was learned from: their keys may be the same. */
export const askedImage = (key: string) => `asked/${key}`;
export const learntImage = (key: string) => `learnt/${key}`;

type Wrong = Classification['wrong'];

const inputsSchema = z.object({ training: inputFileSchema, labels: inputFileSchema });

/** The images that were not recognised, and their nearest. Never rejects: what cannot be read is not shown. */
export async function readWrongImages(
  runId: string,
  wrong: Wrong,
  { runs, images }: ImageReaders,
): Promise<PageImages> {
  if (wrong.length === 0) return NO_IMAGES;
  const drawn = wrong.slice(0, WRONG_SHOWN);
  const [asked, learnt] = await Promise.all([
    askedImages(drawn, images),
    learntImages(runId, drawn, runs).catch((reason: unknown) => ({
      ...NO_IMAGES,
      note: `The images of the training set could not be read (${FanfleetError.from(reason).code}).`,
    })),
  ]);
  return { ...learnt, shown: new Map([...asked, ...learnt.shown]) };
}

async function askedImages(wrong: Wrong, images: ImageReaders['images']): Promise<PageImages['shown']> {
  const found = await Promise.all(
    wrong.map(async ({ key }) => {
      const file = await readStart(images, key, MOST_FILE_BYTES).catch(() => null);
      const uri = file === null || file.length > MOST_FILE_BYTES ? null : fileAsThumbnail(file);
      return uri === null ? [] : [[askedImage(key), uri] as const];
    }),
  );
  return new Map(found.flat());
}

async function learntImages(runId: string, wrong: Wrong, runs: ImageReaders['runs']): Promise<PageImages> {
  const { training, labels } = await inputsOf(runId, runs);
  const large = [training, labels].find(({ bytes }) => bytes > MOST_INPUT_BYTES);
  if (large !== undefined) {
    const note = `The images of the training set are not shown: ${posix.basename(large.key)} has ${memory(large.bytes)}, more than ${memory(MOST_INPUT_BYTES)}.`;
    return { ...NO_IMAGES, note };
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
      return place === undefined
        ? []
        : [[learntImage(key), await thumbnailOf(pixelsOf(set, place), set)] as const];
    }),
  );
  return { size: shownSize(set), shown: new Map(found.flat()), note: null };
}

async function inputsOf(runId: string, runs: ImageReaders['runs']) {
  const key = layout.inputs(runId);
  return parseJson(inputsSchema, await runs.get(key), key);
}

function pixelsOf({ pixels, width, height }: TrainingSet, place: number): Uint8Array {
  const length = width * height * 3;
  return pixels.subarray(place * length, (place + 1) * length);
}
