import { count, percent, plural, printable } from '../../../format.ts';
import { cut } from '../../text/lines.ts';

/** How many images of each label (row) were taken for each (column); null where the labels are too many. */
export interface Matrix {
  readonly labels: readonly string[];
  readonly confusion: readonly (readonly number[])[] | null;
}

/** How many images were taken for what they are, as far as that is known. */
export interface Recognition extends Matrix {
  readonly labelled: number;
  readonly correct: number;
  readonly accuracy: number | null;
}

/** Of the images that are or were taken for one label, as far as it is known what they are. */
export interface LabelFigures {
  readonly label: string;
  /** Images that are it, how many of them were recognised, and how many of all were taken for it. */
  readonly images: number;
  readonly correct: number;
  readonly takenFor: number;
  /** `correct` over `images`, and over `takenFor`; null where there are none of these. */
  readonly recall: number | null;
  readonly precision: number | null;
}

export interface Mistake {
  readonly truth: string;
  readonly label: string;
  readonly images: number;
}

/** In the order of the labels; none where there is no matrix. */
export function labelFigures({ labels, confusion }: Matrix): LabelFigures[] {
  if (confusion === null) return [];
  const takenFor = labels.map((_, column) => confusion.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  return labels.map((label, i) => {
    const images = (confusion[i] ?? []).reduce((sum, cell) => sum + cell, 0);
    const correct = confusion[i]?.[i] ?? 0;
    const all = takenFor[i] ?? 0;
    return {
      ...{ label, images, correct, takenFor: all },
      recall: images === 0 ? null : correct / images,
      precision: all === 0 ? null : correct / all,
    };
  });
}

/** What was taken for what, the most frequent first, and of equally many in the order of the labels; none where there is no matrix. */
export function mistakesOf({ labels, confusion }: Matrix): Mistake[] {
  if (confusion === null) return [];
  return labels
    .flatMap((truth, row) =>
      labels.map((label, column) => ({
        truth,
        label,
        images: row === column ? 0 : (confusion[row]?.[column] ?? 0),
      })),
    )
    .filter(({ images }) => images > 0)
    .sort((a, b) => b.images - a.images);
}

/** `97.8 %`, and of what: `489 of 500 images`. */
export function accuracyText({ accuracy, correct, labelled }: Recognition): [string, string] {
  return [percent(accuracy), `${count(correct)} of ${plural(labelled, 'image')}`];
}

const MOST_IN_SENTENCE = 40;
const MOST_IN_TABLE = 12;

/** `3 taken for 5: 4`. */
export function mistakeText({ truth, label, images }: Mistake): string {
  const [is, taken] = [truth, label].map((text) => cut(printable(text), MOST_IN_SENTENCE));
  return `${is} taken for ${taken}: ${count(images)}`;
}

/** A label where there is little room. */
export function shortLabel(label: string): string {
  return cut(printable(label), MOST_IN_TABLE);
}
