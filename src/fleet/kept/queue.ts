import type { ObjectStore } from '../../aws/object-store.ts';
import { parse } from '../../parse.ts';
import { keptFiles } from './files.ts';
import { type QueueEntry, queueEntrySchema } from './kept-fleet.ts';

type Store = Pick<ObjectStore, 'list' | 'getJson' | 'putNew'>;

/**
 * Put an entry at the end of the queue of a kept fleet. Of two that are put at once one comes first: S3 takes an object only
 * where there is none. Behind the entry that ends the queue nothing can be put, so that no job waits for a head that has gone.
 *
 * @param known number of an entry that is there: only those behind it are looked for. @default none is known
 * @returns its number, or why the queue has ended
 */
export async function enqueue(
  store: Store,
  id: string,
  entry: QueueEntry,
  known = 0,
): Promise<{ readonly number: number } | { readonly ended: string }> {
  let last = known;
  const after = known > 0 ? keptFiles.job(id, known) : undefined;
  for await (const { key } of store.list(keptFiles.jobs(id), after)) last = Math.max(last, numberOf(key));
  for (;;) {
    if (last > 0) {
      const before = await readEntry(store, id, last);
      if ('end' in before) return { ended: before.end };
    }
    last += 1;
    if (await store.putNew(keptFiles.job(id, last), entry)) return { number: last };
  }
}

export async function readEntry(
  store: Pick<Store, 'getJson'>,
  id: string,
  number: number,
): Promise<QueueEntry> {
  const key = keptFiles.job(id, number);
  return parse(queueEntrySchema, await store.getJson(key), key);
}

/** The numbers of the entries, in order. */
export async function entryNumbers(store: Pick<Store, 'list'>, id: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { key } of store.list(keptFiles.jobs(id))) numbers.push(numberOf(key));
  return numbers;
}

function numberOf(key: string): number {
  return Number.parseInt(key.slice(key.lastIndexOf('/') + 1), 10);
}
