import { expect, test } from 'vitest';
import { EvenSample } from '../../../src/statistics/even-sample.ts';

/** The places that are sampled of so many. */
function sampled(count: number, most: number): readonly number[] {
  const sample = new EvenSample<number>(most);
  const taken: number[] = [];
  for (let at = 0; at < count; at += 1) if (sample.takes(at)) taken.push(at);
  // What takes long comes in late.
  for (const at of taken) sample.add(at, at);
  return sample.values();
}

test.each([
  [0, []],
  [3, [0, 1, 2]],
  [4, [0, 1, 2, 3]],
  [5, [0, 2, 4]],
  [8, [0, 2, 4, 6]],
  [9, [0, 4, 8]],
  [1_000, [0, 256, 512, 768]],
])('of %i, 4 at most are every n-th', (count, places) => {
  expect(sampled(count, 4)).toEqual(places);
});

test('what was added is dropped again where it is no longer one of them', () => {
  const sample = new EvenSample<string>(2);
  for (const at of [0, 1, 2, 3, 4]) if (sample.takes(at)) sample.add(at, `image ${at}`);
  expect(sample.values()).toEqual(['image 0', 'image 4']);
});
