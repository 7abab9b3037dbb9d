import { isFailed, type Row } from '../../contract/row.ts';

/** A value of a column: integers up to 2^31 are numbers, others bigints, since that is what Parquet's types want. */
export type Value = string | number | bigint | null;

export interface RowColumn {
  readonly name: string;
  readonly type: 'STRING' | 'INT32' | 'INT64';
  /** False where every row has a value. */
  readonly nullable: boolean;
  readonly of: (row: Row) => Value;
}

const CHANNELS = ['r', 'g', 'b'] as const;
type Measured = Exclude<Row, { readonly error: unknown }>;
type Statistic = 'sum' | 'sumSq' | 'min' | 'max' | 'mean_e6';

/**
 * The columns of `results.parquet`, the same for every workload, so that the files of many runs are one table: what a
 * workload does not compute, and what a failed image does not have, is null.
 *
 * Each channel has its own column and not a list of three: engines keep a minimum and a maximum of a column, by which
 * they skip what cannot match, but not of the elements of a list, and `sum_r` needs no unnesting. Integers are signed,
 * since Athena has no others; `sum`, `sumSq` and, of 16 bits, `mean_e6` pass 2^31.
 */
export const ROW_COLUMNS: readonly RowColumn[] = [
  { name: 'key', type: 'STRING', nullable: false, of: ({ key }) => key },
  measured('width', 'INT32', ({ width }) => width),
  measured('height', 'INT32', ({ height }) => height),
  measured('channels', 'INT32', ({ channels }) => channels),
  measured('depth', 'INT32', ({ depth = 8 }) => depth),
  ...perChannel('sum', 'sum', 'INT64'),
  ...perChannel('sum_sq', 'sumSq', 'INT64'),
  ...perChannel('min', 'min', 'INT32'),
  ...perChannel('max', 'max', 'INT32'),
  ...perChannel('mean_e6', 'mean_e6', 'INT64'),
  measured('output_sha256', 'STRING', ({ output }) => (output && 'sha256' in output ? output.sha256 : null)),
  measured('output_pixels_crc32', 'INT64', ({ output }) =>
    output && 'pixels_crc32' in output ? BigInt(output.pixels_crc32) : null,
  ),
  measured('label', 'STRING', ({ label = null }) => label),
  // Of the nearest of all by itself, by whose bounds engines skip groups; a list would have none, and not every reader has them.
  measured('nearest_index', 'INT32', ({ neighbours }) => neighbours?.[0]?.[0] ?? null),
  measured('nearest_distance', 'INT64', ({ neighbours }) =>
    neighbours?.[0] === undefined ? null : BigInt(neighbours[0][1]),
  ),
  measured('neighbours', 'STRING', ({ neighbours }) =>
    neighbours === undefined ? null : JSON.stringify(neighbours),
  ),
  measured('best_score', 'INT32', ({ scores }) => scores?.[0]?.[1] ?? null),
  measured('scores', 'STRING', ({ scores }) => (scores === undefined ? null : JSON.stringify(scores))),
  measured('logits', 'STRING', ({ logits = null }) => logits),
  measured('embedding', 'STRING', ({ embedding = null }) => embedding),
  failed('error_code', ({ code }) => code),
  failed('error_message', ({ message }) => message),
];

function measured(name: string, type: RowColumn['type'], of: (row: Measured) => Value): RowColumn {
  return { name, type, nullable: true, of: (row) => (isFailed(row) ? null : of(row)) };
}

function perChannel(name: string, statistic: Statistic, type: 'INT32' | 'INT64'): RowColumn[] {
  return CHANNELS.map((channel, c) =>
    measured(`${name}_${channel}`, type, (row) => {
      const value = row[statistic]?.[c];
      if (value === undefined) return null;
      return type === 'INT64' ? BigInt(value) : Number(value);
    }),
  );
}

function failed(name: string, of: (error: { code: string; message: string }) => string): RowColumn {
  return { name, type: 'STRING', nullable: true, of: (row) => (isFailed(row) ? of(row.error) : null) };
}
