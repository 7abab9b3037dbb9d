import type { ColumnChunk as ChunkMeta, RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { arrowSchema } from './arrow-schema.ts';
import { type EmbeddingFormat, quantise } from './embedding.ts';
import { type ColumnChunk, floatListChunk, int8ListChunk, keyChunk, scaleChunk } from './parquet-pages.ts';

/** About so many bytes of embeddings are held and written at once. */
const GROUP_BYTES = 8 * 1024 * 1024;
const MAGIC = Buffer.from('PAR1');
/** The key under which the metadata of a file say that it is one of these: the format as JSON. */
export const FORMAT_KEY = 'fanfleet.embeddings';

/** The embedding of an image. */
export interface Embedding {
  readonly key: string;
  readonly values: Float32Array;
}

/**
 * A Parquet file of embeddings, in pieces: `key`, `embedding`, a list that readers made on Arrow see with its fixed size, and with int8 `scale`. Holds one
 * group of rows, however many there are; the same embeddings give the same bytes.
 *
 * @param about written into the file's metadata
 * @throws RangeError where an embedding has another length than the format says
 */
export async function* embeddingsFile(
  embeddings: AsyncIterable<Embedding> | Iterable<Embedding>,
  format: EmbeddingFormat,
  about: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  const groups: RowGroup[] = [];
  let at = MAGIC.length;
  yield MAGIC;
  for await (const group of grouped(embeddings, format)) {
    const written = rowGroup(group, at);
    groups.push(written);
    for (const { bytes } of group.columns) yield* bytes;
    at += Number(written.total_compressed_size);
  }
  yield footer(groups, format, about);
}

/** Of some rows, the columns. */
interface Group {
  readonly rows: number;
  readonly columns: readonly ColumnChunk[];
}

/** In groups of a fixed number of rows. */
async function* grouped(
  embeddings: AsyncIterable<Embedding> | Iterable<Embedding>,
  { type, length }: EmbeddingFormat,
): AsyncGenerator<Group> {
  const most = Math.max(1, Math.floor(GROUP_BYTES / ((type === 'int8' ? 1 : 4) * length)));
  const numbersOf = (rows: number) => (type === 'int8' ? new Int8Array(rows) : new Float32Array(rows));
  let keys: string[] = [];
  let numbers = numbersOf(most * length);
  let scales = new Float32Array(most);
  let isFirst = true;
  const group = (): Group => {
    const rows = keys.length;
    const part = numbers.subarray(0, rows * length);
    const columns =
      part instanceof Int8Array
        ? [keyChunk(keys), int8ListChunk(part, length), scaleChunk(scales.subarray(0, rows))]
        : [keyChunk(keys), floatListChunk(part, length)];
    return { rows, columns };
  };
  for await (const { key, values } of embeddings) {
    if (values.length !== length) {
      throw new RangeError(
        `Expected an embedding of ${length} numbers for ${key} but it has ${values.length}.`,
      );
    }
    if (numbers instanceof Int8Array) {
      const quantised = quantise(values);
      numbers.set(quantised.values, keys.length * length);
      scales[keys.length] = quantised.scale;
    } else numbers.set(values, keys.length * length);
    keys.push(key);
    if (keys.length < most) continue;
    yield group();
    isFirst = false;
    // What was handed out may not have been written yet.
    keys = [];
    numbers = numbersOf(most * length);
    scales = new Float32Array(most);
  }
  // A file of none has a group too: readers made on Arrow's Rust do not take the empty list of groups that is written here.
  if (keys.length > 0 || isFirst) yield group();
}

/** What the footer says of a group that begins at a byte of the file. */
function rowGroup({ rows, columns }: Group, start: number): RowGroup {
  let at = start;
  const chunks = columns.map(({ bytes, dataAt, meta }): ChunkMeta => {
    const size = bytes.reduce((sum, { length }) => sum + length, 0);
    const offset = at;
    at += size;
    return {
      file_offset: BigInt(offset),
      meta_data: {
        ...meta,
        codec: 'UNCOMPRESSED',
        total_uncompressed_size: BigInt(size),
        total_compressed_size: BigInt(size),
        data_page_offset: BigInt(offset + dataAt),
        ...(dataAt > 0 && { dictionary_page_offset: BigInt(offset) }),
      },
    };
  });
  const size = BigInt(at - start);
  return { columns: chunks, total_byte_size: size, total_compressed_size: size, num_rows: BigInt(rows) };
}

function footer(
  groups: RowGroup[],
  format: EmbeddingFormat,
  about: Readonly<Record<string, string>>,
): Uint8Array {
  const own = { [FORMAT_KEY]: JSON.stringify(format), 'ARROW:schema': arrowSchema(format) };
  const writer = new ByteWriter();
  writeMetadata(
    writer,
    {
      version: 2,
      created_by: 'fanfleet',
      schema: schemaOf(format),
      num_rows: groups.reduce((sum, { num_rows: rows }) => sum + rows, 0n),
      row_groups: groups,
      key_value_metadata: Object.entries({ ...about, ...own }).map(([key, value]) => ({ key, value })),
      metadata_length: 0,
    },
    Number.POSITIVE_INFINITY,
  );
  writer.appendBytes(MAGIC);
  return writer.getBytes();
}

function schemaOf({ type }: EmbeddingFormat): SchemaElement[] {
  const element: SchemaElement =
    type === 'int8'
      ? { name: 'element', type: 'INT32', converted_type: 'INT_8', repetition_type: 'REQUIRED' }
      : FLOAT;
  const columns: SchemaElement[] = [
    {
      ...{ name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      logical_type: { type: 'STRING' },
    },
    {
      ...{ name: 'embedding', num_children: 1, converted_type: 'LIST', repetition_type: 'REQUIRED' },
      logical_type: { type: 'LIST' },
    },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    element,
  ];
  const scale: SchemaElement[] = type === 'int8' ? [{ ...FLOAT, name: 'scale' }] : [];
  return [{ name: 'schema', num_children: 2 + scale.length }, ...columns, ...scale];
}

const FLOAT: SchemaElement = { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' };
