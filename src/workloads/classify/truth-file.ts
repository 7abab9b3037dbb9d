import * as z from 'zod';
import { isObject } from '../../fields.ts';
import { parseJson } from '../../parse.ts';
import { inLabelOrder } from '../labels/label-order.ts';
import { arrayText, objectText, textsSchema, writeLabelsText } from '../labels/labels-text.ts';

const truthSchema = z
  .object({
    /** In their order. */
    labels: textsSchema,
    /** Of each image of which it is known what it is, by its key: the place of its label. */
    of: z.custom<Readonly<Record<string, number>>>(isPlaceOfKeys, 'object of integers of at least 0'),
  })
  .refine(({ labels, of }) => Object.values(of).every((place) => place < labels.length), {
    error: 'places of labels that there are',
    path: ['of'],
  });

/** What images are in truth, as far as it is known: workers never see it. */
export type Truth = z.infer<typeof truthSchema>;

/**
 * @param labels of images by their keys
 * @throws FanfleetError `INVALID_INPUT` where they take too many bytes
 */
export function writeTruth(labels: ReadonlyMap<string, string>): Buffer {
  return writeLabelsText(truthText(labels));
}

function* truthText(labelOf: ReadonlyMap<string, string>): Generator<string> {
  const labels = inLabelOrder(labelOf.values());
  const places = new Map(labels.map((label, place) => [label, place]));
  yield '{"labels":';
  yield* arrayText(labels);
  yield ',"of":';
  yield* objectText(placesOf(labelOf, places));
  yield '}';
}

function* placesOf(labelOf: ReadonlyMap<string, string>, places: ReadonlyMap<string, number>) {
  for (const [key, label] of labelOf) yield [key, places.get(label) ?? 0] as const;
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readTruth(file: Buffer): Truth {
  return parseJson(truthSchema, file, 'truth.json');
}

/** What an image is; null where that is not known. */
export function truthOf({ labels, of }: Truth, key: string): string | null {
  return Object.hasOwn(of, key) ? (labels[of[key] ?? 0] ?? null) : null;
}

function isPlaceOfKeys(value: unknown): value is Readonly<Record<string, number>> {
  return isObject(value) && Object.values(value).every(isPlace);
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
