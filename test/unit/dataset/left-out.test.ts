import { describe, expect, it } from 'vitest';
import { LeftOutCount, leftOutText } from '../../../src/dataset/left-out.ts';

function countOf(...names: string[]): LeftOutCount {
  const leftOut = new LeftOutCount();
  for (const name of names) leftOut.add(name);
  return leftOut;
}

describe('LeftOutCount', () => {
  it('counts by suffix, without regard to case, and knows the two suffixes of a compressed tar', () => {
    const leftOut = countOf('a.txt', 'd/b.TXT', 'README', 'x/1.tar.gz', 'a.tar/2.zst', 'f.jpg_large');
    expect(leftOut.count).toBe(6);
    expect(leftOut.list()).toEqual([
      { suffix: '.txt', count: 2, example: 'a.txt' },
      { suffix: '', count: 1, example: 'README' },
      { suffix: '.jpg_large', count: 1, example: 'f.jpg_large' },
      { suffix: '.tar.gz', count: 1, example: 'x/1.tar.gz' },
      { suffix: '.zst', count: 1, example: 'a.tar/2.zst' },
    ]);
  });

  it('counts all, but does not grow with the number of suffixes or their length', () => {
    const leftOut = countOf(...Array.from({ length: 300 }, (_, i) => `log.${i}`), `a.${'x'.repeat(900)}`);
    expect(leftOut.list()).toHaveLength(101);
    expect(leftOut.list()[0]).toEqual({ suffix: '*', count: 201, example: 'log.100' });
    expect(leftOut.count).toBe(301);
  });
});

describe('leftOutText', () => {
  it('names the suffixes with their counts, and the one file of a kind', () => {
    const leftOut = countOf('a.txt', 'b.txt', 'c', '1.tar.gz');
    expect(leftOutText(leftOut.list())).toBe('.txt (2), no suffix (1: c), .tar.gz (1: 1.tar.gz)');
  });

  it('stays short', () => {
    const many = countOf(...Array.from({ length: 9 }, (_, i) => `${'long/'.repeat(100)}name.${i}`));
    expect(leftOutText(many.list())).toMatch(/^\.0 \(1: …ng\/.*name\.0\), .* and others$/);
    expect(leftOutText(many.list()).length).toBeLessThan(500);
  });
});
