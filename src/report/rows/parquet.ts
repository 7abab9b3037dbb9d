import { PassThrough, type Readable } from 'node:stream';
import { ByteWriter, parquetWriteRows } from 'hyparquet-writer';
import type { Row } from '../../contract/row.ts';
import { ROW_COLUMNS, type Value } from './columns.ts';

/** Rows that are held and written at once. */
const GROUP = 50_000;
/** Bytes of S3's longest key: keys share long prefixes, so that the shortened bounds of a column would say nothing. */
const LONGEST_KEY = 1024;

/**
 * Rows as a Parquet file (snappy), in pieces. Holds one group of rows and its bytes, however many there are.
 *
 * @param about written into the file's metadata
 */
export function parquetOf(rows: AsyncIterable<Row>, about: Readonly<Record<string, string>>): Readable {
  const out = new PassThrough({ highWaterMark: 2 ** 20 });
  const written = parquetWriteRows({
    writer: new StreamWriter(out),
    columns: ROW_COLUMNS.map(({ name, type, nullable }) => ({ name, type, nullable })),
    rows: flat(rows),
    rowGroupSize: GROUP,
    statisticsTruncateLength: LONGEST_KEY,
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
    createdBy: 'fanfleet',
  });
  // An error reaches whoever reads the stream.
  Promise.resolve(written).then(
    () => out.end(),
    (error: Error) => out.destroy(error),
  );
  return out;
}

async function* flat(rows: AsyncIterable<Row>): AsyncGenerator<Record<string, Value>> {
  for await (const row of rows) {
    const values: Record<string, Value> = {};
    for (const { name, of } of ROW_COLUMNS) values[name] = of(row);
    yield values;
  }
}

/** Hands each group of rows to a stream as soon as it is written, and waits until the stream wants more. */
class StreamWriter extends ByteWriter {
  readonly #out: PassThrough;

  constructor(out: PassThrough) {
    super();
    this.#out = out;
  }

  flush(): Promise<void> {
    // The buffer is used again for the next group.
    const bytes = this.getBytes().slice();
    this.index = 0;
    return new Promise((resolve, reject) => {
      this.#out.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  override finish(): Promise<void> {
    return this.flush();
  }
}
