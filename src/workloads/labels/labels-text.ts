import * as z from 'zod';
import { FanfleetError } from '../../errors.ts';
import { isObject } from '../../fields.ts';

/**
 * Most bytes of a file with the keys and labels of images. Whoever makes the answer has all of it in memory: of 229 MiB with 4
 * million keys 1.3 GB of the 1.8 of its function, and more where a key is beyond Latin-1.
 */
const MOST_BYTES = 200 * 1024 * 1024;
/** Most labels that differ: the answer has a list of them, and so has every worker that learns. */
export const MOST_LABELS = 100_000;

/** What may be millions is checked by hand: the schemas of zod would take some µs for each, and a copy. */
export const textsSchema = z.custom<readonly string[]>(isTexts, 'array of texts');
/** Labels by the keys of their images. */
export const textOfKeysSchema = z.custom<Readonly<Record<string, string>>>(isTextOfKeys, 'object of texts');

/** The JSON of an array, in parts. */
export function* arrayText(values: Iterable<string | number>): Generator<string> {
  let comma = '[';
  for (const value of values) {
    yield `${comma}${JSON.stringify(value)}`;
    comma = ',';
  }
  yield comma === '[' ? '[]' : ']';
}

/** The JSON of an object with these fields, which differ, in parts. */
export function* objectText(
  fields: Iterable<readonly [name: string, value: string | number]>,
): Generator<string> {
  let comma = '{';
  for (const [name, value] of fields) {
    yield `${comma}${JSON.stringify(name)}:${JSON.stringify(value)}`;
    comma = ',';
  }
  yield comma === '{' ? '{}' : '}';
}

/**
 * A file of keys and labels.
 *
 * @throws FanfleetError `INVALID_INPUT` where it would have too many bytes
 */
export function writeLabelsText(parts: Iterable<string>, mostBytes = MOST_BYTES): Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let text = '';
  const flush = () => {
    const chunk = Buffer.from(text);
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
    text = '';
  };
  for (const part of parts) {
    text += part;
    if (text.length >= CHUNK) flush();
  }
  flush();
  return Buffer.concat(chunks);
}

/** Characters that become bytes at once. */
const CHUNK = 65_536;

function tooLarge(mostBytes: number): FanfleetError {
  const most = Math.floor(mostBytes / (1024 * 1024));
  return new FanfleetError(
    'INVALID_INPUT',
    `Expected the keys and labels of all images to take at most ${most} MiB as JSON but they take more: take fewer images, by a narrower prefix, or shorter labels.`,
    { source: 'user' },
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isTextOfKeys(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
