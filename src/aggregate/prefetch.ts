/**
 * Load the items of a source, `ahead` at once at most, and give them back in the order of the source.
 *
 * Holds at most `ahead` loaded values. The first error of a load is thrown where its value would have come.
 */
export async function* prefetch<Item, Value>(
  source: AsyncIterable<Item>,
  load: (item: Item) => Promise<Value>,
  ahead: number,
): AsyncGenerator<Value> {
  const pending: Promise<Value>[] = [];
  for await (const item of source) {
    const value = load(item);
    // A later load may fail while an earlier one is awaited; it is still thrown in its turn.
    value.catch(() => undefined);
    pending.push(value);
    const first = pending[0];
    if (pending.length >= ahead && first !== undefined) {
      yield await first;
      pending.shift();
    }
  }
  for (const value of pending) yield await value;
}
