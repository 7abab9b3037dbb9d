import type { NormalisedFormat } from '../../contract/normalisation.ts';
import { OPERATION_STATISTICS, STATISTICS, type Statistic } from '../../contract/operation.ts';
import { isFailed, type MeasuredRow, type PerChannel, type Row } from '../../contract/row.ts';
import { parseExactJson } from '../../exact-json.ts';
import { DEEP_MAXIMUM } from '../../kernel/deep.ts';
import type { ImageTask } from '../../kernel/image-task.ts';
import {
  checkLine,
  hasFields,
  inconsistent,
  isCount,
  isImageSize,
  isRecord,
  sizeShape,
} from '../row-shape.ts';
import type { CheckedRow } from '../workload.ts';
import { scanRow } from './row-scan.ts';

/**
 * Check one line by hand: ten million of them are read, and each must be exactly what `serializeRow` writes.
 * The figures of a measured row must also follow from each other, whoever computed them.
 */
export function checkRow(text: string, task: ImageTask): CheckedRow {
  const scanned = task.operation === 'normalise' ? null : scanRow(text, statisticsOf(task.operation));
  return scanned !== null && isImageSize(scanned.width, scanned.height) && mayHave(scanned.depth, task)
    ? checkFigures(scanned)
    : checkText(text, task);
}

function checkText(text: string, task: ImageTask): CheckedRow {
  return checkLine(text, {
    parse: parseExactJson,
    measuredShape: (value) => measuredShape(value, task),
    toRow: withBigSquares,
    contradictionIn,
  });
}

/** Of 16 bits they are BigInts, however small. */
function withBigSquares(row: Row): Row {
  if (isFailed(row) || row.depth === undefined || row.sumSq === undefined) return row;
  const [red, green, blue] = row.sumSq;
  return { ...row, sumSq: [BigInt(red), BigInt(green), BigInt(blue)] };
}

/** Whether rows of this depth are among those of the task. Files are normalised by all their bits. */
function mayHave(depth: unknown, task: ImageTask): boolean {
  return depth === undefined || (depth === 16 && (task.operation === 'normalise' || task.depth === 'native'));
}

function checkFigures(row: MeasuredRow): CheckedRow {
  const contradiction = contradictionIn(row);
  return contradiction === null ? { row } : inconsistent(row.key, contradiction);
}

function measuredShape(value: Record<string, unknown>, task: ImageTask): string | null {
  const computed = fieldsOf(task);
  const depth = 'depth' in value ? ['depth'] : [];
  if (!hasFields(value, ['key', 'width', 'height', 'channels', ...depth, ...computed])) {
    return `expected exactly key, width, height, channels, ${computed.join(', ')} in this order`;
  }
  if (!mayHave(value.depth, task)) return 'expected no depth but 16, and that only where all bits are wanted';
  const size = sizeShape(value);
  if (size !== null) return size;
  for (const name of STATISTICS) {
    const isSound = name === 'sumSq' && value.depth === 16 ? isBigTriple : isTriple;
    if (name in value && !isSound(value[name])) return `expected 3 integers for ${name}`;
  }
  return task.operation === 'normalise' ? outputShape(value.output, task.normalisation.format) : null;
}

function fieldsOf({ operation }: ImageTask): readonly string[] {
  return operation === 'normalise' ? ['min', 'max', 'output'] : statisticsOf(operation);
}

function statisticsOf(operation: Exclude<ImageTask['operation'], 'normalise'>): readonly Statistic[] {
  return OPERATION_STATISTICS[operation === 'histogram' ? 'stats' : operation];
}

/** The proof of a normalised image: of its file, or of its pixels where encoders differ. */
function outputShape(output: unknown, format: NormalisedFormat): string | null {
  if (!isRecord(output)) return 'expected an output';
  if (format === 'jpeg') {
    const sum = output.pixels_crc32;
    const isSum = hasFields(output, ['pixels_crc32']) && isCount(sum) && sum < 2 ** 32;
    return isSum ? null : 'expected output {pixels_crc32} with 32 bits';
  }
  const hash = output.sha256;
  const isHash = hasFields(output, ['sha256']) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
  return isHash ? null : 'expected output {sha256} in hexadecimal';
}

/** Which figures of a row contradict each other; null where none do. n is the number of pixels. */
function contradictionIn(row: MeasuredRow): string | null {
  const n = row.width * row.height;
  const most = row.depth === 16 ? DEEP_MAXIMUM : 255;
  for (const c of [0, 1, 2] as const) {
    const [sum, sumSq, min, max, mean] = [
      row.sum?.[c],
      row.sumSq?.[c],
      row.min?.[c],
      row.max?.[c],
      row.mean_e6?.[c],
    ];
    if ((min ?? 0) > (max ?? most) || (max ?? 0) > most || (min ?? 0) > most)
      return `min and max of channel ${c}`;
    if (sum === undefined) continue;
    if (sum < (min ?? 0) * n || sum > (max ?? most) * n) return `sum, min and max of channel ${c}`;
    // A pixel x is an integer from 0 to 255, so x <= x^2 <= 255 x; and so of 16 bits.
    if (sumSq !== undefined && (sumSq < sum || sumSq > times(most, sum)))
      return `sum and sumSq of channel ${c}`;
    if (mean !== undefined && mean !== meanE6(sum, n)) return `sum and mean_e6 of channel ${c}`;
  }
  return null;
}

/** The product, exact. */
function times(a: number, b: number): number | bigint {
  return a * b <= Number.MAX_SAFE_INTEGER ? a * b : BigInt(a) * BigInt(b);
}

/**
 * sum / n * 10^6 rounded half up, exact: the remainder is below 2^27, so twice its millionfold stays below 2^53.
 * Written here once more, beside the kernels', because it is there to catch them.
 */
export function meanE6(sum: number, n: number): number {
  const remainder = sum % n;
  const whole = (sum - remainder) / n;
  const doubled = 2_000_000 * remainder + n;
  return whole * 1_000_000 + (doubled - (doubled % (2 * n))) / (2 * n);
}

function isTriple(value: unknown): value is PerChannel {
  return Array.isArray(value) && value.length === 3 && value.every(isCount);
}

/** Integers of any size. */
function isBigTriple(value: unknown): boolean {
  const isAny = (each: unknown) => isCount(each) || (typeof each === 'bigint' && each >= 0n);
  return Array.isArray(value) && value.length === 3 && value.every(isAny);
}
