import { IMAGE_ERRORS, MAX_PIXELS, type MeasuredRow, type Row, serializeRow } from '../contract/row.ts';
import type { CheckedRow } from './workload.ts';

/** What is checked of rows of every workload: each shape gives what it expected, or null where that is so. */

export interface RowForm {
  /** @default JSON.parse */
  readonly parse?: (text: string) => unknown;
  /** The shape of a row of an image that could be done. */
  readonly measuredShape: (value: Record<string, unknown>) => string | null;
  /** The row of what has that shape. @default it as it is */
  readonly toRow?: (row: Row) => Row;
  /** Which figures contradict each other, or what is known besides. */
  readonly contradictionIn: (row: MeasuredRow) => string | null;
}

/** Check one line: it must be exactly what `serializeRow` writes, with figures that follow from each other. */
export function checkLine(text: string, form: RowForm): CheckedRow {
  const { parse = JSON.parse, measuredShape, toRow = (row) => row, contradictionIn } = form;
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return malformed('not JSON');
  }
  if (!isRecord(value) || typeof value.key !== 'string' || value.key === '') return malformed('no key');
  const shape = 'error' in value ? failedShape(value) : measuredShape(value);
  if (shape !== null) return malformed(shape);
  const row = toRow(value as unknown as Row);
  if (serializeRow(row) !== text) return malformed('not in the one text form of a row');
  if ('error' in row) return { row };
  const contradiction = contradictionIn(row);
  return contradiction === null ? { row } : inconsistent(row.key, contradiction);
}

function failedShape(value: Record<string, unknown>): string | null {
  const error = value.error;
  if (!hasFields(value, ['key', 'error']) || !isRecord(error) || !hasFields(error, ['code', 'message'])) {
    return 'expected {key, error: {code, message}}';
  }
  const code = error.code;
  const known = typeof code === 'string' && Object.hasOwn(IMAGE_ERRORS, code);
  if (!known || IMAGE_ERRORS[code as keyof typeof IMAGE_ERRORS] !== error.message) {
    return 'expected a known error code with its message';
  }
  return null;
}

/** Of the size of an image that could be done, and its channels. */
export function sizeShape({ width, height, channels }: Record<string, unknown>): string | null {
  if (!isCount(width) || !isCount(height) || !isImageSize(width, height))
    return `expected width and height of 1 to ${MAX_PIXELS} pixels`;
  return channels === 3 ? null : 'expected 3 channels';
}

export function isImageSize(width: number, height: number): boolean {
  return width * height >= 1 && width * height <= MAX_PIXELS;
}

function malformed(why: string): CheckedRow {
  return { problem: 'ROW_MALFORMED', key: null, why };
}

/** @param why which figures contradict each other */
export function inconsistent(key: string, why: string): CheckedRow {
  return { problem: 'ROW_INCONSISTENT', key, why };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether these are all of its fields, in this order. */
export function hasFields(value: Record<string, unknown>, names: readonly string[]): boolean {
  const found = Object.keys(value);
  return found.length === names.length && found.every((name, i) => name === names[i]);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
