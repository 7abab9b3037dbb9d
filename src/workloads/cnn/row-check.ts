import { checkLine, hasFields, sizeShape } from '../row-shape.ts';
import type { CheckedRow } from '../workload.ts';

const FIELDS = ['key', 'width', 'height', 'channels', 'label'];

/**
 * Check one line: it must be exactly what `serializeRow` writes, with the name of a class.
 *
 * @param classes null where they are not known
 */
export function checkCnnRow(text: string, classes: readonly string[] | null): CheckedRow {
  return checkLine(text, {
    measuredShape,
    contradictionIn: ({ label = '' }) =>
      classes === null || classes.includes(label) ? null : `${JSON.stringify(label)} is no class`,
  });
}

function measuredShape(value: Record<string, unknown>): string | null {
  if (!hasFields(value, FIELDS)) return `expected exactly ${FIELDS.join(', ')} in this order`;
  return typeof value.label === 'string' ? sizeShape(value) : 'expected the name of a class';
}
