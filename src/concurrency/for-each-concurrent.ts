/**
 * Run `task` for every item, at most `concurrency` at a time, in the order of the items.
 *
 * The first failure stops the start of further tasks and is thrown once those that run have ended, so nothing
 * goes on behind the caller's back. An aborted signal does the same with its reason.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  concurrency: number,
  task: (item: T, index: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  let index = 0;
  const worker = async () => {
    while (failures.length === 0) {
      signal?.throwIfAborted();
      const next = iterator.next();
      if (next.done) return;
      const at = index;
      index += 1;
      await task(next.value, at);
    }
  };
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((reason: unknown) => {
      failures.push(reason);
    }),
  );
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}
