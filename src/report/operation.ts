import type { Summary } from './summary-schema.ts';

/** What was done with each image, in words. */
export function operationText({
  operation,
  depth,
  normalisation,
  statisticsRun,
}: Summary['request']): string {
  if (normalisation === null) return depth === 'native' ? `${operation} by all bits` : operation;
  const { format, channels, quality } = normalisation;
  const file = format === 'jpeg' ? `JPEG of quality ${quality}` : format === 'png' ? 'PNG' : format;
  const over = channels === 'each' ? 'each channel apart' : 'all channels alike';
  const range =
    statisticsRun === null
      ? "by each image's own range"
      : `by the range of the dataset (run ${statisticsRun})`;
  return `${operation} to ${file}, ${over}, ${range}`;
}
