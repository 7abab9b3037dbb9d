import { failedRow, type Row } from '../../contract/row.ts';
import { hashOf, type Scoring, scoresOf } from './scores.ts';

/** What an image is known by in its row. */
export interface ClassifiedImage {
  readonly key: string;
  /** The image's own, in pixels, and not those of its tensor. */
  readonly width: number;
  readonly height: number;
}

/**
 * The row of an image that a model classified.
 *
 * @param logits the output of the model for the image, a value for each class
 * @param labels the names of the classes, in the order of the output
 */
export function classifiedRow(
  { key, width, height }: ClassifiedImage,
  logits: Float32Array,
  { labels, ...scoring }: Scoring & { readonly labels: readonly string[] },
): Row {
  const scores = scoresOf(logits, scoring);
  if (scores === null) return failedRow(key, 'SCORES_NOT_FINITE');
  const label = labels[scores[0]?.[0] ?? 0] ?? '';
  return { key, width, height, channels: 3, label, scores, logits: hashOf(logits) };
}
