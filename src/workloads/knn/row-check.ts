import type { MeasuredRow } from '../../contract/row.ts';
import { checkLine, hasFields, isCount, sizeShape } from '../row-shape.ts';
import type { CheckedRow } from '../workload.ts';
import type { LabelsFile } from './labels-file.ts';
import { type Neighbour, vote } from './vote.ts';

const FIELDS = ['key', 'width', 'height', 'channels', 'label', 'neighbours'];

/** Of the workload `knn`. */
type KnnRow = MeasuredRow & Required<Pick<MeasuredRow, 'label' | 'neighbours'>>;

/**
 * Check one line: it must be exactly what `serializeRow` writes, with figures that follow from each other.
 *
 * @param known what was learned from; without it neither the label nor the number of neighbours can be told
 */
export function checkKnnRow(text: string, k: number, known: LabelsFile | null): CheckedRow {
  return checkLine(text, {
    measuredShape,
    contradictionIn: (row) => {
      const measured = row as KnnRow;
      return contradictionIn(measured, k) ?? (known && differenceFrom(known, measured, k));
    },
  });
}

function measuredShape(value: Record<string, unknown>): string | null {
  if (!hasFields(value, FIELDS)) return `expected exactly ${FIELDS.join(', ')} in this order`;
  const { label, neighbours } = value;
  if (typeof label !== 'string') return 'expected a label';
  const isSound = Array.isArray(neighbours) && neighbours.length > 0 && neighbours.every(isNeighbour);
  return isSound ? sizeShape(value) : 'expected neighbours, each [index, distance]';
}

function isNeighbour(value: unknown): value is Neighbour {
  return Array.isArray(value) && value.length === 2 && value.every(isCount);
}

/** Which figures of a row contradict each other; null where none do. */
function contradictionIn({ width, height, neighbours }: KnnRow, k: number): string | null {
  if (neighbours.length > k) return `more than ${k} neighbours`;
  if (new Set(neighbours.map(([index]) => index)).size < neighbours.length) return 'a neighbour twice';
  const isInOrder = neighbours.every((each, n) => n === 0 || isBefore(neighbours[n - 1] as Neighbour, each));
  if (!isInOrder) return 'neighbours that are not in the order of distance and index';
  // No two pixels are farther from each other than black and white.
  const most = width * height * 3 * 255 ** 2;
  return neighbours.every(([, distance]) => distance <= most) ? null : 'a distance above the largest';
}

function isBefore(a: Neighbour, b: Neighbour): boolean {
  return a[1] < b[1] || (a[1] === b[1] && a[0] < b[0]);
}

/** What of a row cannot be so with this training set; null where all can. */
function differenceFrom({ labels, training }: LabelsFile, row: KnnRow, k: number): string | null {
  const { keys, labelOf, width, height } = training;
  const { neighbours } = row;
  if (row.width !== width || row.height !== height) return `another size than ${width}x${height}`;
  if (neighbours.some(([index]) => index >= keys.length)) return `a neighbour beyond ${keys.length} images`;
  const count = Math.min(k, keys.length);
  if (neighbours.length < count) return `fewer than ${count} neighbours`;
  const elected = vote(neighbours, { labels, labelOf });
  return row.label === elected
    ? null
    : `not the label that its neighbours vote for, ${JSON.stringify(elected)}`;
}
