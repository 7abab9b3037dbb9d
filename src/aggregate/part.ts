import { isFailed, type Row } from '../contract/row.ts';
import { compareKeys } from '../dataset/order.ts';
import { EXAMPLES } from '../workloads/problems.ts';

/** Failed items of one code: how many, and the first keys in S3's order. */
export interface FailureCount {
  readonly count: number;
  readonly examples: readonly string[];
}

/**
 * What any set of items adds up to. `bytes` counts measured items only, so that a failed item never makes an arm
 * look faster. Merging is associative and commutative with `EMPTY_PART` as its neutral element.
 */
export interface ImagePart {
  readonly bytes: number;
  readonly measuredItems: number;
  readonly failedItems: number;
  readonly failures: ReadonlyMap<string, FailureCount>;
}

export const EMPTY_PART: ImagePart = {
  bytes: 0,
  measuredItems: 0,
  failedItems: 0,
  failures: new Map(),
};

/** @param bytes size of the object that the row was computed from */
export function partOf(row: Row, bytes: number): ImagePart {
  if (!isFailed(row)) return { ...EMPTY_PART, bytes, measuredItems: 1 };
  return {
    ...EMPTY_PART,
    failedItems: 1,
    failures: new Map([[row.error.code, { count: 1, examples: [row.key] }]]),
  };
}

export function mergeParts(a: ImagePart, b: ImagePart): ImagePart {
  return {
    bytes: a.bytes + b.bytes,
    measuredItems: a.measuredItems + b.measuredItems,
    failedItems: a.failedItems + b.failedItems,
    failures: mergeFailures(a.failures, b.failures),
  };
}

function mergeFailures(
  a: ReadonlyMap<string, FailureCount>,
  b: ReadonlyMap<string, FailureCount>,
): ReadonlyMap<string, FailureCount> {
  if (b.size === 0) return a;
  if (a.size === 0) return b;
  const merged = new Map(a);
  for (const [code, { count, examples }] of b) {
    const other = merged.get(code) ?? { count: 0, examples: [] };
    merged.set(code, {
      count: other.count + count,
      examples: [...other.examples, ...examples].sort(compareKeys).slice(0, EXAMPLES),
    });
  }
  return merged;
}
