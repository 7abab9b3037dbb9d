export type ReadAheadOptions<Item, Value> = {
  readonly read: (item: Item) => Promise<Value>;
  readonly bytesOf: (item: Item) => number;
  /** Most bytes that are read or held at once; a larger item is read alone. */
  readonly bytes: number;
  /** Most reads at once. */
  readonly concurrency: number;
};

/**
 * Every item with what was read of it, in the order of the items, reading ahead as far as the bounds let it. The first
 * failure is thrown where its value would have come.
 */
export async function* readAhead<Item, Value>(
  items: Iterable<Item>,
  { read, bytesOf, bytes, concurrency }: ReadAheadOptions<Item, Value>,
): AsyncGenerator<readonly [Item, Value]> {
  const reading: (readonly [Item, Promise<Value>])[] = [];
  let held = 0;
  for (const item of items) {
    for (let [first] = reading; first !== undefined; [first] = reading) {
      if (reading.length < concurrency && held + bytesOf(item) <= bytes) break;
      yield [first[0], await first[1]];
      reading.shift();
      held -= bytesOf(first[0]);
    }
    const value = read(item);
    // A later one may fail while an earlier one is awaited; it is still thrown in its turn.
    value.catch(() => undefined);
    reading.push([item, value]);
    held += bytesOf(item);
  }
  for (const [item, value] of reading) yield [item, await value];
}
