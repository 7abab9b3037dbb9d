import { IMAGE_ERRORS, MAX_PIXELS } from '../contract/row.ts';
import type { CheckedRow } from './workload.ts';

/** What is checked of rows of every workload: each check gives what it expected, or null where that is so. */

export function failedShape(value: Record<string, unknown>): string | null {
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

export function malformed(why: string): CheckedRow {
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
