import { hash } from 'node:crypto';
import { failedRow, type Row } from '../../contract/row.ts';
import type { SeenImage } from '../model-runner.ts';

/** The row of an image that a model gave an embedding of. */
export function embeddedRow({ key, width, height }: SeenImage, values: Float32Array): Row {
  if (!values.every(Number.isFinite)) return failedRow(key, 'SCORES_NOT_FINITE');
  return { key, width, height, channels: 3, embedding: embeddingHash(values) };
}

/** The first 16 hexadecimal digits of the SHA-256 of the numbers: float32, little-endian. */
export function embeddingHash({ buffer, byteOffset, byteLength }: Float32Array): string {
  return hash('sha256', new Uint8Array(buffer, byteOffset, byteLength), 'hex').slice(0, 16);
}
