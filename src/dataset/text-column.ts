import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet';
import { FanfleetError } from '../errors.ts';

/** Beside Snappy, which hyparquet has. */
const COMPRESSORS: Compressors = {
  GZIP: (input) => gunzipSync(input),
  ZSTD: (input) => zstdDecompressSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
};

/** A file of which parts are read. */
export interface ParquetSource {
  readonly bytes: number;
  /** The bytes from a place to another one, which is not among them. */
  readonly read: (start: number, end: number) => Promise<Buffer>;
}

/**
 * The texts of a column of a Parquet file, in the order of the rows, those of a group of rows at a time; null where a row has none. Of the other columns nothing is
 * read.
 *
 * @param where the file, for errors
 * @throws FanfleetError `INVALID_INPUT` where it is no such file, or has no such column of texts; what `read` throws
 */
export async function* readTextColumn(
  source: ParquetSource,
  column: string,
  where: string,
): AsyncGenerator<(string | null)[]> {
  const file: AsyncBuffer = {
    byteLength: source.bytes,
    slice: async (start, end = source.bytes) => {
      const bytes = await source.read(start, end);
      return Uint8Array.from(bytes).buffer;
    },
  };
  const metadata = await metadataOf(file, where);
  expectTexts(metadata, column, where);
  let rowStart = 0;
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(rows);
    yield await textsOf(file, { metadata, column, rowStart, rowEnd, where });
    rowStart = rowEnd;
  }
}

async function metadataOf(file: AsyncBuffer, where: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file);
  } catch (cause) {
    throw notParquet(cause, where);
  }
}

interface Rows {
  readonly metadata: FileMetaData;
  readonly column: string;
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly where: string;
}

async function textsOf(file: AsyncBuffer, { metadata, column, rowStart, rowEnd, where }: Rows) {
  try {
    const options = { file, metadata, columns: [column], compressors: COMPRESSORS, rowStart, rowEnd };
    const rows = await parquetReadObjects(options);
    return rows.map((row) => (row[column] ?? null) as string | null);
  } catch (cause) {
    throw notParquet(cause, where);
  }
}

/** Errors of S3 and of the file system have a code, those of hyparquet and of decompression are the file's. */
function notParquet(cause: unknown, where: string): FanfleetError {
  if (cause instanceof FanfleetError) return cause;
  const { message } = FanfleetError.from(cause);
  return unusable(`Expected a Parquet file in ${where} but it cannot be read (${message}): write it anew.`);
}

function expectTexts({ schema }: FileMetaData, column: string, where: string): void {
  const columns = columnsOf(schema);
  const found = columns.find(({ name }) => name === column);
  if (found !== undefined && isText(found)) return;
  const texts = columns.filter(isText).map(({ name }) => name);
  const kind =
    found && (found.converted_type ?? found.logical_type?.type ?? found.type ?? 'columns of its own');
  const but = found === undefined ? 'there is none' : `it has ${kind}`;
  const those =
    texts.length === 0 ? 'there are no columns of texts' : `those of texts are ${texts.join(', ')}`;
  throw unusable(`Expected a column \`${column}\` of texts in ${where} but ${but}: ${those}.`);
}

function isText({
  type,
  repetition_type: repetition,
  converted_type: converted,
  logical_type: logical,
}: SchemaElement) {
  if (type !== 'BYTE_ARRAY' || repetition === 'REPEATED') return false;
  return converted === 'UTF8' || logical?.type === 'STRING';
}

/** Those of the file itself, without what is in them. */
function columnsOf([root, ...elements]: readonly SchemaElement[]): SchemaElement[] {
  const columns: SchemaElement[] = [];
  let at = 0;
  const skip = () => {
    const { num_children: children = 0 } = elements[at] ?? {};
    at += 1;
    for (let child = 0; child < children; child += 1) skip();
  };
  for (let child = 0; child < (root?.num_children ?? 0); child += 1) {
    const column = elements[at];
    if (column !== undefined) columns.push(column);
    skip();
  }
  return columns;
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
