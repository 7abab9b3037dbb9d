import * as z from 'zod';
import { parseJson } from '../../parse.ts';
import { objectText, textOfKeysSchema, writeLabelsText } from '../labels/labels-text.ts';

/** What clusters are compared with: of no image a worker knows it. */
const labelsFileSchema = z.object({ images: textOfKeysSchema });

/**
 * The labels of images by their keys, as far as they are known.
 *
 * @throws FanfleetError `INVALID_INPUT` where they take too many bytes
 */
export function writeLabels(images: Iterable<readonly [key: string, label: string]>): Buffer {
  return writeLabelsText(labelsText(images));
}

function* labelsText(images: Iterable<readonly [key: string, label: string]>): Generator<string> {
  yield '{"images":';
  yield* objectText(images);
  yield '}';
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readLabels(file: Buffer): Readonly<Record<string, string>> {
  return parseJson(labelsFileSchema, file, 'labels.json').images;
}
