import { basename, extname } from 'node:path';
import type { ObjectStore } from '../aws/object-store.ts';

/** The numbers of the batches that have both their result and their span under the folder of an arm. */
export async function doneBatches(store: ObjectStore, arm: string): Promise<Set<number>> {
  const [results, spans] = await Promise.all([
    numbers(store, `${arm}results/`),
    numbers(store, `${arm}spans/`),
  ]);
  return results.intersection(spans);
}

async function numbers(store: ObjectStore, prefix: string): Promise<Set<number>> {
  const found = new Set<number>();
  for await (const { key } of store.list(prefix)) found.add(Number(basename(key, extname(key))));
  return found;
}
