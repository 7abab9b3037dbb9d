import { checkLine, hasFields, sizeShape } from '../row-shape.ts';
import type { CheckedRow } from '../workload.ts';

const FIELDS = ['key', 'width', 'height', 'channels', 'embedding'];

/** Check one line: it must be exactly what `serializeRow` writes. Whether the hash is that of an embedding only the file of its batch tells. */
export function checkEmbedRow(text: string): CheckedRow {
  return checkLine(text, { measuredShape, contradictionIn: () => null });
}

function measuredShape(value: Record<string, unknown>): string | null {
  if (!hasFields(value, FIELDS)) return `expected exactly ${FIELDS.join(', ')} in this order`;
  const { embedding } = value;
  const isHash = typeof embedding === 'string' && /^[0-9a-f]{16}$/.test(embedding);
  return isHash ? sizeShape(value) : 'expected an embedding of 16 hexadecimal digits';
}
