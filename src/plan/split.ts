import type { DatasetObject } from '../contract/manifest.ts';

/**
 * Whether number `place` (from 0) of `count` images in key order is one of the `ask` that are asked: they are evenly spaced, and
 * the last image is one of them.
 */
export function isAsked(place: number, ask: number, count: number): boolean {
  return Math.floor(((place + 1) * ask) / count) > Math.floor((place * ask) / count);
}

/**
 * The images of all pages that are asked, or the others.
 *
 * @param count how many images there are
 */
export function* pick(
  pages: Iterable<readonly DatasetObject[]>,
  asked: boolean,
  ask: number,
  count: number,
): Generator<readonly DatasetObject[]> {
  let place = 0;
  for (const page of pages) {
    const picked: DatasetObject[] = [];
    for (const object of page) {
      if (isAsked(place, ask, count) === asked) picked.push(object);
      place += 1;
    }
    yield picked;
  }
}
