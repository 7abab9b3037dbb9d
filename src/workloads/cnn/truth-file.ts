import { isObject, readFields } from '../../fields.ts';
import { parseJsonText } from '../../json-text.ts';

/** What images are: by their keys the place of their class in `classes`. Of those under `test` nothing is learned. */
export interface Truth {
  readonly classes: readonly string[];
  readonly train: Readonly<Record<string, number>>;
  readonly test: Readonly<Record<string, number>>;
}

export function writeTruth({ classes, train, test }: Truth): Buffer {
  return Buffer.from(JSON.stringify({ classes, train, test }));
}

const known = new WeakMap<Buffer, Truth>();

/**
 * Read it; once for each buffer, which must not change. Without zod, since workers do.
 *
 * @throws FanfleetError `INVALID_INPUT`
 */
export function readTruth(file: Buffer): Truth {
  const found = known.get(file);
  if (found !== undefined) return found;
  const truth = readFields(parseJsonText(file, 'truth.json'), 'truth.json', (fields) => ({
    classes: fields.take('classes', 'array of texts', isTexts, []),
    train: fields.take('train', 'object of integers', isPlaces, {}),
    test: fields.take('test', 'object of integers', isPlaces, {}),
  }));
  known.set(file, truth);
  return truth;
}

/** Of an image; null where there is none. */
export function placeOf(places: Readonly<Record<string, number>>, key: string): number | null {
  return Object.hasOwn(places, key) ? (places[key] ?? null) : null;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isPlaces(value: unknown): value is Readonly<Record<string, number>> {
  return isObject(value) && Object.values(value).every((each) => Number.isSafeInteger(each));
}
