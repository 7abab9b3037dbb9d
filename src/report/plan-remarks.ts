import { leftOutText } from '../dataset/left-out.ts';
import type { Plan } from '../dataset/manifest.ts';
import { noteText } from '../dataset/notes.ts';
import { plural } from './format.ts';

/** What the plan has to say of the dataset: what was left out of it, and what was odd; a sentence each. */
export function planRemarks({ leftOut, notes }: Pick<Plan, 'leftOut' | 'notes'>): string[] {
  const count = leftOut.reduce((sum, { count }) => sum + count, 0);
  const others =
    count === 0
      ? []
      : [
          `Left out: ${plural(count, 'file')} without the suffix or the content of an image: ${leftOutText(leftOut)}.`,
        ];
  return [...notes.map(noteText), ...others];
}
