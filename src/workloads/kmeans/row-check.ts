import { type MeasuredRow, type Row, serializeRow } from '../../contract/row.ts';
import { failedShape, hasFields, inconsistent, isRecord, malformed, sizeShape } from '../row-shape.ts';
import type { CheckedRow } from '../workload.ts';

const FIELDS = ['key', 'width', 'height', 'channels', 'label'];
/** One text for each cluster. */
const CLUSTER = /^(0|[1-9]\d*)$/;

/** The size of all images, where it is known. */
export type Size = { readonly width: number; readonly height: number };

/** Of the workload `kmeans`. */
export type KmeansRow = MeasuredRow & Required<Pick<MeasuredRow, 'label'>>;

/**
 * Check one line: it must be exactly what `serializeRow` writes, with the number of one of k clusters.
 *
 * @param size of the centres; without it the size of an image cannot be told
 */
export function checkKmeansRow(text: string, k: number, size: Size | null): CheckedRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed('not JSON');
  }
  if (!isRecord(value) || typeof value.key !== 'string' || value.key === '') return malformed('no key');
  const shape = 'error' in value ? failedShape(value) : measuredShape(value);
  if (shape !== null) return malformed(shape);
  const row = value as unknown as Row;
  if (serializeRow(row) !== text) return malformed('not in the one text form of a row');
  if ('error' in row) return { row };
  const { key, label, width, height } = row as KmeansRow;
  if (Number(label) >= k) return inconsistent(key, `cluster ${label} of ${k}`);
  if (size === null || (width === size.width && height === size.height)) return { row };
  return inconsistent(key, `another size than ${size.width}x${size.height}`);
}

function measuredShape(value: Record<string, unknown>): string | null {
  if (!hasFields(value, FIELDS)) return `expected exactly ${FIELDS.join(', ')} in this order`;
  const { label } = value;
  return typeof label === 'string' && CLUSTER.test(label)
    ? sizeShape(value)
    : 'expected the number of a cluster';
}
