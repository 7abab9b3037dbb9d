import { expect, test } from 'vitest';
import { countSuffix, type SuffixCounts, suffixesText } from '../../../src/dataset/suffix-counts.ts';

function counted(keys: readonly string[]): SuffixCounts {
  const counts: SuffixCounts = new Map();
  for (const key of keys) countSuffix(counts, key);
  return counts;
}

test('suffixes are counted without regard to case, the commonest first', () => {
  expect(suffixesText(counted(['a/b.TXT', 'c.txt', 'README', 'd.jpg_large']))).toBe(
    '.txt (2), no suffix (1), .jpg_large (1)',
  );
  expect(suffixesText(counted([]))).toBe('none');
});

test('where every name has its own suffix, neither the counts nor the message grow', () => {
  const counts = counted(Array.from({ length: 1_000 }, (_, at) => `log.${at}`));
  expect(counts.size).toBe(100);
  expect(suffixesText(counts)).toBe('.0 (1), .1 (1), .2 (1), .3 (1), .4 (1) and others');
});
