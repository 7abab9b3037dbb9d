import { type ColumnMetaData, type FileMetaData, parquetMetadata } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { FanfleetError } from '../errors.ts';
import { readFields } from '../fields.ts';
import { EMBEDDING_TYPES, type EmbeddingFormat, MOST_INT8 } from './embedding.ts';
import { FORMAT_KEY } from './write-embeddings.ts';

/** Of the footer, its length and the magic number. */
const END_BYTES = 8;
const MAGIC = 'PAR1';

/** A file of which parts are read. */
export interface ByteSource {
  readonly bytes: number;
  /** The bytes from a place to another one, which is not among them. */
  readonly read: (start: number, end: number) => Promise<Buffer>;
}

/** Some rows of a file. */
export interface EmbeddingGroup {
  readonly rows: number;
  readonly keys: () => Promise<readonly string[]>;
  /** One after the other; int8 numbers times their scale, as float32. */
  readonly numbers: () => Promise<Float32Array>;
}

export interface EmbeddingsFile {
  readonly format: EmbeddingFormat;
  readonly rows: number;
  /** What its metadata say beside the format. */
  readonly about: ReadonlyMap<string, string>;
  readonly groups: readonly EmbeddingGroup[];
}

/**
 * Open a file that `embeddingsFile` has written: its footer is read, and of its rows nothing until it is asked for.
 *
 * @param where the file, for errors
 * @throws FanfleetError `INVALID_INPUT` where it is no such file; what `read` throws
 */
export async function openEmbeddings(source: ByteSource, where: string): Promise<EmbeddingsFile> {
  const metadata = await footerOf(source, where);
  const about = new Map(
    (metadata.key_value_metadata ?? []).map(({ key, value = '' }) => [key, value] as const),
  );
  const said = about.get(FORMAT_KEY);
  if (said === undefined) throw unusable(where, 'it has another form: make it by fanfleet');
  const format = formatOf(said, where);
  const groups = metadata.row_groups.map(({ columns, num_rows: rows }): EmbeddingGroup => {
    const column = (name: string) => {
      const meta = columns.find((each) => each.meta_data?.path_in_schema[0] === name)?.meta_data;
      if (meta === undefined) throw unusable(where, `it has no column \`${name}\`: make it again`);
      return valuesOf(source, meta);
    };
    return {
      rows: Number(rows),
      keys: async () => textsOf(await column('key'), Number(rows)),
      numbers: async () => {
        const values = await column('embedding');
        if (format.type === 'float32') return floatsOf(values);
        return scaled(values, floatsOf(await column('scale')), format.length);
      },
    };
  });
  return { format, rows: Number(metadata.num_rows), about, groups };
}

function formatOf(text: string, where: string): EmbeddingFormat {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw unusable(where, `its \`${FORMAT_KEY}\` is no JSON: fetch it anew`);
  }
  return readFields(said, where, (fields) => ({
    type: fields.oneOf('type', EMBEDDING_TYPES),
    length: fields.integer('length', 1),
  }));
}

async function footerOf({ bytes, read }: ByteSource, where: string): Promise<FileMetaData> {
  if (bytes < END_BYTES) throw unusable(where, 'it is too short');
  const end = await read(bytes - END_BYTES, bytes);
  const length = end.readUInt32LE(0);
  if (end.toString('latin1', 4) !== MAGIC || length + END_BYTES > bytes) {
    throw unusable(where, 'it does not end as one: give a Parquet file, or fetch it anew');
  }
  const footer = await read(bytes - END_BYTES - length, bytes);
  try {
    return parquetMetadata(Uint8Array.from(footer).buffer);
  } catch (cause) {
    throw unusable(where, `its footer cannot be read, ${FanfleetError.from(cause).message}: fetch it anew`);
  }
}

/** The values of a column in a group of rows, behind those that tell how they are in lists: one page, which is not compressed. */
async function valuesOf({ read }: ByteSource, meta: ColumnMetaData): Promise<Buffer> {
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
  const data = Number(meta.data_page_offset) - start;
  const chunk = await read(start, start + Number(meta.total_compressed_size));
  const reader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.length), offset: data };
  const { data_page_header_v2: header } = parquetHeader(reader);
  const levels = (header?.repetition_levels_byte_length ?? 0) + (header?.definition_levels_byte_length ?? 0);
  return chunk.subarray(reader.offset + levels);
}

function textsOf(values: Buffer, rows: number): string[] {
  const texts: string[] = [];
  for (let at = 0; texts.length < rows; ) {
    const end = at + 4 + values.readUInt32LE(at);
    texts.push(values.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
}

function floatsOf(values: Buffer): Float32Array {
  // An array of floats begins at a multiple of four bytes.
  const { buffer, byteOffset, length } = values.byteOffset % 4 === 0 ? values : Uint8Array.from(values);
  return new Float32Array(buffer, byteOffset, length / 4);
}

/** Of indices in the dictionary, behind their width and the head of their one run. */
function scaled(values: Buffer, scales: Float32Array, length: number): Float32Array {
  const head = values.findIndex((byte, at) => at > 0 && byte < 0x80) + 1;
  const numbers = new Float32Array(scales.length * length);
  for (const [row, scale] of scales.entries()) {
    for (let at = row * length; at < (row + 1) * length; at += 1) {
      numbers[at] = ((values[head + at] ?? 0) - MOST_INT8) * scale;
    }
  }
  return numbers;
}

function unusable(where: string, why: string): FanfleetError {
  const message = `Expected a Parquet file of embeddings in ${where} but ${why}.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
