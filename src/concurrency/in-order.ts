/** How much of the work is begun before its results are asked for. */
export type Ahead<Item> = {
  /** Most pieces of work that are begun and whose results are not taken. */
  readonly atOnce: number;
  /** What a piece holds from its beginning until its result is done with. @default nothing that counts */
  readonly bytesOf?: (item: Item) => number;
  /** Most bytes that they hold together, unless one alone needs more. @default no limit */
  readonly bytes?: number;
};

/**
 * What comes of all items in their order, while the work on the next ones goes on. The first failure is thrown where its
 * result would have come.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  { atOnce, bytesOf = () => 0, bytes = Number.POSITIVE_INFINITY }: Ahead<Item>,
): AsyncGenerator<Result, void> {
  const begun: { readonly held: number; readonly result: Promise<Result> }[] = [];
  let held = 0;
  for await (const item of items) {
    const own = bytesOf(item);
    while (begun.length >= atOnce || (begun.length > 0 && held + own > bytes)) yield await next();
    held += own;
    const result = work(item);
    // It may fail while an earlier one is awaited; until its turn nobody listens.
    result.catch(() => {});
    begun.push({ held: own, result });
  }
  while (begun.length > 0) yield await next();

  async function next(): Promise<Result> {
    const first = begun.shift();
    if (first === undefined) throw new RangeError('nothing is begun');
    held -= first.held;
    return first.result;
  }
}
