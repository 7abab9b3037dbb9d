import { count, plural } from '../../../format.ts';
import type { AnswerOf } from '../view.ts';

/** What a classification found out. */
export type Classification = AnswerOf<'knn'>;

/** What to know of images whose label nobody knows; null where there are none. */
export function unlabelledText({ asked, labelled }: Classification): string | null {
  if (asked === labelled) return null;
  const missing = asked - labelled;
  return `${plural(missing, 'image')} of ${count(asked)} had no known label to compare with, and ${missing === 1 ? 'does' : 'do'} not count.`;
}
