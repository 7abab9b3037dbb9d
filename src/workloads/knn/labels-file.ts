import * as z from 'zod';
import { parseJson } from '../../parse.ts';
import {
  arrayText,
  objectText,
  textOfKeysSchema,
  textsSchema,
  writeLabelsText,
} from '../labels/labels-text.ts';
import type { TrainingSet } from './training.ts';

const labelsFileSchema = z.object({
  /** In their order. */
  labels: z.array(z.string()),
  /** Of each image that was learned from, in its order: its key, and its label by its place in `labels`. */
  training: z.object({
    width: z.int().positive(),
    height: z.int().positive(),
    keys: textsSchema,
    labelOf: z.custom<readonly number[]>(isPlaces, 'array of integers of at least 0'),
  }),
  /** What the images that are asked are in truth, by their keys, as far as that is known. */
  asked: textOfKeysSchema,
});

/** What the answer and the report have to know of a run's images: workers get no keys, and no label of what they are asked. */
export type LabelsFile = z.infer<typeof labelsFileSchema>;

/**
 * @param keys of the training set, in its order
 * @param asked key and label of each asked image whose label is known
 * @throws FanfleetError `INVALID_INPUT` where they take too many bytes
 */
export function writeLabels(
  set: Omit<TrainingSet, 'pixels'>,
  keys: readonly string[],
  asked: Iterable<readonly [key: string, label: string]>,
): Buffer {
  return writeLabelsText(labelsText(set, keys, asked));
}

function* labelsText(
  { width, height, labels, labelOf }: Omit<TrainingSet, 'pixels'>,
  keys: readonly string[],
  asked: Iterable<readonly [key: string, label: string]>,
): Generator<string> {
  yield '{"labels":';
  yield* arrayText(labels);
  yield `,"training":{"width":${width},"height":${height},"keys":`;
  yield* arrayText(keys);
  yield ',"labelOf":';
  yield* arrayText(labelOf);
  yield '},"asked":';
  yield* objectText(asked);
  yield '}';
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readLabels(file: Buffer): LabelsFile {
  return parseJson(labelsFileSchema, file, 'labels.json');
}

function isPlaces(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
