import { isFailed, type MeasuredRow } from '../../../../src/contract/row.ts';
import { embeddedRow } from '../../../../src/workloads/embed/embedded-row.ts';
import type { Embedder } from '../../../../src/workloads/embed/embedder-file.ts';

export const EMBEDDER: Embedder = {
  recipe: { resize: { width: 5, height: 4 }, filter: 'bilinear', layout: 'nchw', type: 'float32' },
  ...{ bgr: false, input: 'images', output: 'flat', batch: 'any' },
  ...{ length: 2, layer: 'flat', sha256: 'ab'.repeat(32) },
};

/** An image and its embedding. */
export interface Embedded {
  readonly row: MeasuredRow;
  readonly values: Float32Array;
}

export function embedded(key: string, ...numbers: readonly number[]): Embedded {
  const values = Float32Array.from(numbers);
  const row = embeddedRow({ key, width: 3, height: 2 }, values);
  if (isFailed(row)) throw new TypeError('Expected finite numbers.');
  return { row, values };
}
