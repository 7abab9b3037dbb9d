import type { DatasetObject } from '../contract/manifest.ts';
import { NoteLog } from '../dataset/notes.ts';
import { compareKeys } from '../dataset/order.ts';
import { type ParquetSource, readTextColumn } from '../dataset/text-column.ts';
import { FanfleetError } from '../errors.ts';

/** Most keys, which the function holds. */
export const MOST_KEYS = 1_000_000;

/** The column that has them unless another one is named. */
export const DEFAULT_KEYS_COLUMN = 'key';

/** The keys that a file names: of the objects under the prefix only these are images of the run. */
export class NamedKeys {
  /** The file, for errors. */
  readonly where: string;
  /** In S3's order, each once. */
  readonly sorted: readonly string[];
  /** What is worth a word of them. */
  readonly notes = new NoteLog();
  readonly #all: ReadonlySet<string>;

  constructor(keys: readonly string[], where: string) {
    this.where = where;
    const all = new Set<string>();
    for (const key of keys) {
      if (all.has(key)) this.notes.add('KEYS_REPEATED', key);
      all.add(key);
    }
    this.#all = all;
    this.sorted = [...all].sort(compareKeys);
  }

  /** Whether an object is named; of a file in a tar, whether it is by either of the keys that it may have. */
  has({ key, shard }: DatasetObject): boolean {
    return this.#all.has(key) || (shard !== undefined && this.#all.has(`${shard.key}/${key}`));
  }
}

export interface KeysPlace {
  /** The file, for errors. */
  readonly where: string;
  readonly column: string;
  /** The bucket and prefix of the run, under which all keys must be. */
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Read the keys that a column of a Parquet file names: keys, or `s3://bucket/key` in the bucket of the run.
 *
 * @throws FanfleetError `INVALID_INPUT` where the file or the column is none that can be used, or a key is not one under the prefix
 */
export async function readNamedKeys(source: ParquetSource, place: KeysPlace): Promise<NamedKeys> {
  const { where, column } = place;
  const keys: string[] = [];
  for await (const texts of readTextColumn(source, column, where)) {
    if (keys.length + texts.length > MOST_KEYS) throw tooMany(place);
    for (const text of texts) keys.push(keyOf(text, keys.length + 1, place));
  }
  if (keys.length === 0) {
    throw unusable(`Expected keys in the column \`${column}\` of ${where} but it has no rows: name some.`);
  }
  return new NamedKeys(keys, where);
}

function keyOf(text: string | null, row: number, { where, column, bucket, prefix }: KeysPlace): string {
  const address = `s3://${bucket}/`;
  const key = text?.startsWith(address) ? text.slice(address.length) : text;
  if (key?.startsWith(prefix) && key !== prefix) return key;
  const found = text === null ? 'nothing' : JSON.stringify(text);
  throw unusable(
    `Expected a key that begins with ${prefix}, or with ${address}${prefix}, in the column \`${column}\` of ${where} but row ${row} has ${found}: name whole keys under the prefix of the run.`,
  );
}

function tooMany({ where, column }: KeysPlace): FanfleetError {
  const most = MOST_KEYS.toLocaleString('en-US');
  return unusable(
    `Expected at most ${most} keys in the column \`${column}\` of ${where} but there are more: do them in several runs, or those of a prefix without naming them.`,
  );
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
