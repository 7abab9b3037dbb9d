import type { MeasuredRow } from '../../contract/row.ts';
import { checkLine, hasFields, isCount, sizeShape } from '../row-shape.ts';
import type { CheckedRow } from '../workload.ts';
import type { Score } from './scores.ts';

const FIELDS = ['key', 'width', 'height', 'channels', 'label', 'scores', 'logits'];

/** Millionths of what is certain. */
export const CERTAIN = 1_000_000;

/** Of the workload `classify`. */
export type ClassifyRow = MeasuredRow & Required<Pick<MeasuredRow, 'label' | 'scores' | 'logits'>>;

/**
 * Check one line: it must be exactly what `serializeRow` writes, with figures that follow from each other.
 *
 * @param top how many of the best classes a row has at most
 * @param labels of the classes of the model; without them neither the label nor the number of scores can be told. @default null
 */
export function checkClassifyRow(
  text: string,
  top: number,
  labels: readonly string[] | null = null,
): CheckedRow {
  return checkLine(text, {
    measuredShape,
    contradictionIn: (row) => {
      const classified = row as ClassifyRow;
      return contradictionIn(classified, top) ?? (labels && differenceFrom(labels, classified, top));
    },
  });
}

function measuredShape(value: Record<string, unknown>): string | null {
  if (!hasFields(value, FIELDS)) return `expected exactly ${FIELDS.join(', ')} in this order`;
  const { label, scores, logits } = value;
  if (typeof label !== 'string') return 'expected a label';
  if (!Array.isArray(scores) || scores.length === 0 || !scores.every(isScore)) {
    return 'expected scores, each [index, millionths]';
  }
  const isHash = typeof logits === 'string' && /^[0-9a-f]{16}$/.test(logits);
  return isHash ? sizeShape(value) : 'expected logits of 16 hexadecimal digits';
}

function isScore(value: unknown): value is Score {
  return Array.isArray(value) && value.length === 2 && value.every(isCount);
}

/** Which figures of a row contradict each other; null where none do. */
function contradictionIn({ scores }: ClassifyRow, top: number): string | null {
  if (scores.length > top) return `more than ${top} scores`;
  if (new Set(scores.map(([index]) => index)).size < scores.length) return 'a class twice';
  const millionths = scores.map(([, score]) => score);
  if (millionths.some((score, n) => score > (millionths[n - 1] ?? CERTAIN))) {
    return `scores that are not in their order, of ${CERTAIN} at most`;
  }
  // Each is rounded by itself.
  const most = CERTAIN + scores.length;
  return millionths.reduce((sum, score) => sum + score, 0) > most
    ? `scores of more than ${most} in all`
    : null;
}

/** What of a row cannot be so with a model of these classes; null where all can. */
function differenceFrom(
  labels: readonly string[],
  { label, scores }: ClassifyRow,
  top: number,
): string | null {
  if (scores.some(([index]) => index >= labels.length)) return `a class beyond ${labels.length}`;
  const count = Math.min(top, labels.length);
  if (scores.length < count) return `fewer than ${count} scores`;
  const best = labels[scores[0]?.[0] ?? 0];
  return label === best ? null : `not the label of its best class, ${JSON.stringify(best)}`;
}
