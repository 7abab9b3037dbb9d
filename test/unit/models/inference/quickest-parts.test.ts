import { describe, expect, it } from 'vitest';
import { QuickestParts } from '../../../../src/models/inference/quickest-parts.ts';

/** Of so many full batches how many images the model had at a time, where one image alone and all of them together took so long. */
function tried(batches: number, { alone, together }: { alone: number[]; together: number[] }, most = 8) {
  const parts = new QuickestParts(most);
  const times = { alone: [...alone], together: [...together] };
  return Array.from({ length: batches }, () => {
    const atOnce = parts.next(most);
    const way = atOnce === 1 ? 'alone' : 'together';
    parts.took(most, atOnce, times[way].shift() ?? 5);
    return atOnce;
  });
}

describe('QuickestParts', () => {
  it('tries both ways in turn, and stays with the one that was quicker', () => {
    expect(tried(7, { alone: [4, 3], together: [9, 4] })).toEqual([8, 1, 8, 1, 1, 1, 1]);
    expect(tried(7, { alone: [4, 3], together: [9, 2] })).toEqual([8, 1, 8, 1, 8, 8, 8]);
  });

  it('does not judge by the first batch of a session, which is slow', () => {
    expect(tried(5, { alone: [3, 3], together: [100, 2] }).at(-1)).toBe(8);
  });

  it('has all of a batch that is not full together until something is known, and learns nothing from it', () => {
    const parts = new QuickestParts(8);
    expect(parts.next(3)).toBe(3);
    parts.took(3, 3, 0);
    expect(tried(5, { alone: [1, 1], together: [2, 2] }).at(-1)).toBe(1);
    for (const ms of [9, 1, 9, 1]) parts.took(8, parts.next(8), ms);
    expect(parts.next(3)).toBe(1);
  });

  it('goes on where several batches are begun before one of them is done', () => {
    const parts = new QuickestParts(4);
    expect(Array.from({ length: 5 }, () => parts.next(4))).toEqual([4, 1, 4, 1, 4]);
  });

  it('has one way for batches of one', () => {
    expect(tried(3, { alone: [], together: [] }, 1)).toEqual([1, 1, 1]);
  });
});
