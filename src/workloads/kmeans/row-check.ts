import type { MeasuredRow } from '../../contract/row.ts';
import { checkLine, hasFields, sizeShape } from '../row-shape.ts';
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
  return checkLine(text, {
    measuredShape,
    contradictionIn: (row) => {
      const { label, width, height } = row as KmeansRow;
      if (Number(label) >= k) return `cluster ${label} of ${k}`;
      if (size === null || (width === size.width && height === size.height)) return null;
      return `another size than ${size.width}x${size.height}`;
    },
  });
}

function measuredShape(value: Record<string, unknown>): string | null {
  if (!hasFields(value, FIELDS)) return `expected exactly ${FIELDS.join(', ')} in this order`;
  const { label } = value;
  return typeof label === 'string' && CLUSTER.test(label)
    ? sizeShape(value)
    : 'expected the number of a cluster';
}
