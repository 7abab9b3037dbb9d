import type { Plan } from '../contract/plan.ts';
import type { Unit } from '../contract/unit.ts';
import { leftOutText } from '../dataset/left-out.ts';
import { noteText } from '../dataset/notes.ts';
import { bytes, itemCount, plural } from '../format.ts';

/** What a plan cut: `1,000 images, 2 shards, 89.0 MB, 10 batches`; and what is learned from, which is in none of them. */
export function planned({ items, shards, bytes: total, batches, training }: Plan, unit: Unit): string {
  const opened = shards === 0 ? '' : `, ${plural(shards, 'shard')}`;
  const learned =
    training === undefined
      ? ''
      : `; ${itemCount(training.items, unit)} under ${training.prefix} to learn from`;
  return `${itemCount(items, unit)}${opened}, ${bytes(total)}, ${plural(batches, 'batch', 'batches')}${learned}`;
}

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
