import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failedRow, isFailed, type Row } from '../../../../src/contract/row.ts';
import { ROW_COLUMNS } from '../../../../src/report/rows/columns.ts';
import { parquetOf } from '../../../../src/report/rows/parquet.ts';
import { fixtureLines } from '../../../support/fixture-script.ts';

const SUM = 2 ** 27 * 255;
const ROWS: Row[] = [
  {
    key: 'train/a "quoted", naïve 😀.jpg',
    width: 500,
    height: 375,
    channels: 3,
    sum: [1, 2, SUM],
    sumSq: [1, 4, SUM * 255],
    min: [0, 1, 2],
    max: [253, 254, 255],
    mean_e6: [5, 10, 255_000_000],
  },
  failedRow('train/broken.jpg', 'DECODE_FAILED'),
  {
    key: 'train/c.jpg',
    width: 1,
    height: 2,
    channels: 3,
    min: [1, 2, 3],
    max: [4, 5, 6],
    output: { pixels_crc32: 2 ** 32 - 1 },
  },
  {
    key: 'train/d.jpg',
    width: 1,
    height: 2,
    channels: 3,
    min: [1, 2, 3],
    max: [4, 5, 6],
    output: { sha256: 'ab'.repeat(32) },
  },
  {
    key: 'train/e.jpg',
    width: 1,
    height: 2,
    channels: 3,
    label: 'a "cat"',
    neighbours: [
      [1296, 2 ** 40],
      [3, 2 ** 41],
    ],
  },
];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-parquet-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('results.parquet', () => {
  it('is read by DuckDB, pyarrow and hyparquet, with the same values', async () => {
    // Prepare
    const file = join(folder, 'results.parquet');
    await writeFile(file, await written(ROWS));

    // Act
    const [duckdb, pyarrow] = fixtureLines(['read_parquet.py', file]).map((line) => JSON.parse(line));
    const body = await readFile(file);
    const hyparquet = await parquetReadObjects({ file: bytesOf(body) });

    // Assess
    const expected = ROWS.map(plain);
    expect(duckdb.rows).toEqual(expected);
    expect(pyarrow.rows).toEqual(expected);
    expect(hyparquet.map(asNumbers)).toEqual(expected);
    expect(duckdb.types).toMatchObject({
      key: 'VARCHAR',
      width: 'INTEGER',
      sum_sq_b: 'BIGINT',
      min_r: 'INTEGER',
      nearest_distance: 'BIGINT',
    });
    expect(pyarrow.types).toMatchObject({
      key: 'string',
      width: 'int32',
      sum_sq_b: 'int64',
      error_code: 'string',
    });
  });

  it('keeps whole keys as bounds of a row group, so that readers can skip it', async () => {
    const prefix = `train/${'long-'.repeat(20)}`;
    const rows = ['a', 'b'].map((end) => failedRow(prefix + end, 'EMPTY_OBJECT'));
    const { row_groups: groups } = parquetMetadata(bytesOf(await written(rows)));
    expect(groups[0]?.columns[0]?.meta_data?.statistics).toMatchObject({
      min_value: `${prefix}a`,
      max_value: `${prefix}b`,
    });
  });

  it('is a file of no rows where there are none', async () => {
    const metadata = parquetMetadata(bytesOf(await written([])));
    expect(metadata.num_rows).toBe(0n);
    expect(metadata.schema.slice(1).map(({ name }) => name)).toEqual(ROW_COLUMNS.map(({ name }) => name));
    expect(metadata.key_value_metadata).toContainEqual({ key: 'fanfleet.run', value: 'r1' });
  });

  it('has groups of rows that are written one after the other', async () => {
    const rows = Array.from({ length: 50_001 }, (_, i) => failedRow(String(i), 'EMPTY_OBJECT'));
    const { row_groups: groups } = parquetMetadata(bytesOf(await written(rows)));
    expect(groups.map(({ num_rows: count }) => count)).toEqual([50_000n, 1n]);
  });

  it('passes on what the rows fail with', async () => {
    const failing = async function* (): AsyncGenerator<Row> {
      yield* ROWS;
      throw new Error('the bucket is gone');
    };
    await expect(buffer(parquetOf(failing(), {}))).rejects.toThrow('the bucket is gone');
  });

  it('keeps any integers that a row may have', async () => {
    const channel = (max: number) =>
      fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max }))) as fc.Arbitrary<[number, number, number]>;
    const row = fc.record({
      key: fc.string({ minLength: 1, unit: 'grapheme' }),
      width: fc.integer({ min: 1, max: 2 ** 27 }),
      height: fc.integer({ min: 1, max: 2 ** 27 }),
      channels: fc.constant(3 as const),
      sum: channel(SUM),
      sumSq: channel(SUM * 255),
      min: channel(255),
      max: channel(255),
      mean_e6: channel(255_000_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const read = await parquetReadObjects({ file: bytesOf(await written(rows)) });
        expect(read.map(asNumbers)).toEqual(rows.map(plain));
      }),
      { numRuns: 30 },
    );
  });
});

async function written(rows: readonly Row[]): Promise<Buffer> {
  const source = async function* () {
    yield* rows;
  };
  return buffer(parquetOf(source(), { 'fanfleet.run': 'r1' }));
}

function bytesOf(body: Buffer): ArrayBuffer {
  return Uint8Array.from(body).buffer;
}

/** What a reader of the row should see, made here without the columns under test. */
function plain(row: Row): Record<string, unknown> {
  const measured = isFailed(row) ? null : row;
  const channels = (name: string, values: readonly (number | bigint)[] | undefined) =>
    ['r', 'g', 'b'].map((channel, c) => [`${name}_${channel}`, values?.[c] ?? null]);
  return {
    key: row.key,
    width: measured?.width ?? null,
    height: measured?.height ?? null,
    channels: measured?.channels ?? null,
    depth: measured && (measured.depth ?? 8),
    ...Object.fromEntries([
      ...channels('sum', measured?.sum),
      ...channels('sum_sq', measured?.sumSq),
      ...channels('min', measured?.min),
      ...channels('max', measured?.max),
      ...channels('mean_e6', measured?.mean_e6),
    ]),
    output_sha256: measured?.output && 'sha256' in measured.output ? measured.output.sha256 : null,
    output_pixels_crc32:
      measured?.output && 'pixels_crc32' in measured.output ? measured.output.pixels_crc32 : null,
    label: measured?.label ?? null,
    nearest_index: measured?.neighbours?.[0]?.[0] ?? null,
    nearest_distance: measured?.neighbours?.[0]?.[1] ?? null,
    neighbours: measured?.neighbours === undefined ? null : '[[1296,1099511627776],[3,2199023255552]]',
    best_score: measured?.scores?.[0]?.[1] ?? null,
    scores: measured?.scores === undefined ? null : '[[7,999981],[0,19]]',
    logits: measured?.logits ?? null,
    embedding: measured?.embedding ?? null,
    error_code: isFailed(row) ? row.error.code : null,
    error_message: isFailed(row) ? row.error.message : null,
  };
}

function asNumbers(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? Number(value) : (value ?? null),
    ]),
  );
}
