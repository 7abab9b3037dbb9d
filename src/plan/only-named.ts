import type { DatasetObject } from '../contract/manifest.ts';
import type { Pages } from '../dataset/key-order.ts';
import { compareKeys } from '../dataset/order.ts';

/**
 * Of objects in key order those that are named, and in their place those that are named but not there, as images that cannot be read.
 *
 * @param keys in the same order, each once
 */
export async function* onlyNamed(pages: Pages, keys: readonly string[]): AsyncGenerator<DatasetObject[]> {
  let next = 0;
  for await (const page of pages) {
    const named: DatasetObject[] = [];
    for (const object of page) {
      for (; isBefore(keys[next], object.key); next += 1) named.push(absent(keys[next] ?? ''));
      if (keys[next] !== object.key) continue;
      named.push(object);
      next += 1;
    }
    if (named.length > 0) yield named;
  }
  if (next < keys.length) yield keys.slice(next).map(absent);
}

function isBefore(key: string | undefined, other: string): boolean {
  return key !== undefined && compareKeys(key, other) < 0;
}

function absent(key: string): DatasetObject {
  return { key, size: 0, etag: '', refused: 'KEY_NOT_FOUND' };
}
