import * as z from 'zod';
import { isObject } from '../../fields.ts';
import { parse } from '../../parse.ts';
import type { TrainingSet } from './training.ts';

/** Of what may be millions each is checked by hand: the schemas of zod would take some µs and a copy of each. */
const labelsFileSchema = z.object({
  /** In their order. */
  labels: z.array(z.string()),
  /** Of each image that was learned from, in its order: its key, and its label by its place in `labels`. */
  training: z.object({
    width: z.int().positive(),
    height: z.int().positive(),
    keys: z.custom<readonly string[]>(isTexts, 'array of texts'),
    labelOf: z.custom<readonly number[]>(isPlaces, 'array of integers of at least 0'),
  }),
  /** What the images that are asked are in truth, by their keys, as far as that is known. */
  asked: z.custom<Readonly<Record<string, string>>>(isTextOfKeys, 'object of texts'),
});

/** What the answer and the report have to know of a run's images: workers get no keys, and no label of what they are asked. */
export type LabelsFile = z.infer<typeof labelsFileSchema>;

/**
 * @param keys of the training set, in its order
 * @param asked key and label of each asked image whose label is known
 */
export function writeLabels(
  { width, height, labels, labelOf }: Omit<TrainingSet, 'pixels'>,
  keys: readonly string[],
  asked: Iterable<readonly [key: string, label: string]>,
): Buffer {
  const training = { width, height, keys, labelOf: [...labelOf] };
  return Buffer.from(JSON.stringify({ labels, training, asked: Object.fromEntries(asked) }));
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readLabels(file: Buffer): LabelsFile {
  return parse(labelsFileSchema, JSON.parse(file.toString('utf8')), 'labels.json');
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isPlaces(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

function isTextOfKeys(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
