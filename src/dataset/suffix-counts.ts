import { suffixOf } from './image-type.ts';

/** How often each suffix came; `''` stands for none. */
export type SuffixCounts = Map<string, number>;

/** Suffixes that are counted: where every name has its own (`log.20261121T0301`), the counts would grow without end. */
const SUFFIXES_KEPT = 100;
/** Suffixes that a message names. */
const SUFFIXES_NAMED = 5;

/** Count the suffix of a key or name, unless it is one too many. */
export function countSuffix(counts: SuffixCounts, key: string): void {
  const suffix = suffixOf(key);
  const count = counts.get(suffix);
  if (count !== undefined || counts.size < SUFFIXES_KEPT) counts.set(suffix, (count ?? 0) + 1);
}

/** The commonest suffixes for a message: `.txt (7), no suffix (2)`, or `none`. */
export function suffixesText(counts: ReadonlyMap<string, number>): string {
  const named = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SUFFIXES_NAMED)
    .map(([suffix, count]) => `${suffix === '' ? 'no suffix' : suffix} (${count})`);
  return `${named.join(', ') || 'none'}${counts.size > SUFFIXES_NAMED ? ' and others' : ''}`;
}
