import type { ColumnMetaData, Encoding, PageHeader } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { MOST_INT8 } from './embedding.ts';

/** The bytes of a column in a group of rows, and what the footer says of it. */
export interface ColumnChunk {
  readonly bytes: readonly Uint8Array[];
  /** Of the page with the data, from the beginning of the chunk. */
  readonly dataAt: number;
  readonly meta: Pick<ColumnMetaData, 'type' | 'encodings' | 'path_in_schema' | 'num_values' | 'statistics'>;
}

/** Of keys, as UTF-8. */
export function keyChunk(keys: readonly string[]): ColumnChunk {
  const texts = keys.map((key) => Buffer.from(key));
  const values = Buffer.concat(texts.flatMap((text) => [uint32(text.length), text]));
  const [least = NONE, ...others] = [...texts].sort(Buffer.compare);
  const statistics = { min_value: least, max_value: others.at(-1) ?? least, null_count: 0n };
  return chunkOf(
    'BYTE_ARRAY',
    ['key'],
    keys.length,
    { rows: keys.length, values, encoding: 'PLAIN' },
    { statistics },
  );
}

/** Of one number for each row. */
export function scaleChunk(scales: Float32Array): ColumnChunk {
  const { length } = scales;
  return chunkOf('FLOAT', ['scale'], length, { rows: length, values: bytesOf(scales), encoding: 'PLAIN' });
}

/** Of lists that all have the same length, one after the other. */
export function floatListChunk(numbers: Float32Array, length: number): ColumnChunk {
  const rows = numbers.length / length;
  const levels = levelsOf(rows, length);
  const page = { rows, values: bytesOf(numbers), encoding: 'PLAIN', levels } as const;
  return chunkOf('FLOAT', LIST, numbers.length, page);
}

/** Likewise of int8, which Parquet has as integers of 32 bits: so each is a byte, its index in a dictionary of -127 to 127. */
export function int8ListChunk(numbers: Int8Array, length: number): ColumnChunk {
  const rows = numbers.length / length;
  const groups = Math.ceil(numbers.length / 8);
  const indices = new Uint8Array(8 * groups);
  for (let at = 0; at < numbers.length; at += 1) indices[at] = (numbers[at] ?? 0) + MOST_INT8;
  // 8 bits each, and one run of packed ones.
  const head = new ByteWriter();
  head.appendUint8(8);
  head.appendVarInt(2 * groups + 1);
  const dictionary = Int32Array.from({ length: 2 * MOST_INT8 + 1 }, (_, at) => at - MOST_INT8);
  const levels = levelsOf(rows, length);
  const page = {
    rows,
    values: Buffer.concat([head.getBytes(), indices]),
    encoding: 'RLE_DICTIONARY',
    levels,
  } as const;
  return chunkOf('INT32', LIST, numbers.length, page, { dictionary });
}

const LIST = ['embedding', 'list', 'element'];

interface Page {
  readonly rows: number;
  readonly values: Uint8Array;
  readonly encoding: Encoding;
  readonly levels?: Levels;
}

/** What tells how values are in lists: where lists begin, and that there are no empty ones. */
interface Levels {
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
}

function levelsOf(rows: number, length: number): Levels {
  const repetition = new ByteWriter();
  if (length === 1) run(repetition, rows, 0);
  else {
    for (let row = 0; row < rows; row += 1) {
      run(repetition, 1, 0);
      run(repetition, length - 1, 1);
    }
  }
  const definition = new ByteWriter();
  run(definition, rows * length, 1);
  return { repetition: repetition.getBytes(), definition: definition.getBytes() };
}

/** A level so many times. */
function run(writer: ByteWriter, times: number, level: 0 | 1): void {
  if (times === 0) return;
  writer.appendVarInt(2 * times);
  writer.appendUint8(level);
}

function chunkOf(
  type: ColumnMetaData['type'],
  path: readonly string[],
  count: number,
  { rows, values, encoding, levels }: Page,
  {
    statistics,
    dictionary,
  }: { statistics?: NonNullable<ColumnMetaData['statistics']>; dictionary?: Int32Array } = {},
): ColumnChunk {
  const bytes: Uint8Array[] = [];
  if (dictionary !== undefined) {
    const header = { num_values: dictionary.length, encoding: 'PLAIN' } as const;
    bytes.push(...pageOf({ type: 'DICTIONARY_PAGE', dictionary_page_header: header }, [bytesOf(dictionary)]));
  }
  const dataAt = bytes.reduce((sum, { length }) => sum + length, 0);
  const [repetition, definition] = [levels?.repetition ?? NONE, levels?.definition ?? NONE];
  const header = {
    ...{ num_values: count, num_nulls: 0, num_rows: rows, encoding, is_compressed: false },
    definition_levels_byte_length: definition.length,
    repetition_levels_byte_length: repetition.length,
  };
  bytes.push(
    ...pageOf({ type: 'DATA_PAGE_V2', data_page_header_v2: header }, [repetition, definition, values]),
  );
  const encodings: Encoding[] = dictionary === undefined ? ['RLE', encoding] : ['PLAIN', 'RLE', encoding];
  const meta = { type, encodings, path_in_schema: [...path], num_values: BigInt(count) };
  return { bytes, dataAt, meta: statistics === undefined ? meta : { ...meta, statistics } };
}

const NONE = new Uint8Array(0);

function pageOf(
  header: Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>,
  parts: readonly Uint8Array[],
): Uint8Array[] {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const writer = new ByteWriter();
  writePageHeader(writer, { ...header, uncompressed_page_size: size, compressed_page_size: size });
  return [writer.getBytes(), ...parts];
}

/** Little-endian, as processors that run Node have them. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
