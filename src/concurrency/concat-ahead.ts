import { inOrder } from './in-order.ts';

/**
 * The values of all generators, one generator after the other. The first value of the next ones is worked on
 * meanwhile, which is all of their work where they have one value.
 *
 * @param ahead most generators that are begun at once, at least 1
 */
export async function* concatAhead<T>(
  generators: Iterable<AsyncGenerator<T>>,
  ahead: number,
): AsyncGenerator<T> {
  const begun = new Set<AsyncGenerator<T>>();
  const begin = async (generator: AsyncGenerator<T>) => {
    begun.add(generator);
    return { generator, first: await generator.next() };
  };
  try {
    for await (const { generator, first } of inOrder(generators, begin, { atOnce: ahead })) {
      for (let result = first; !result.done; result = await generator.next()) yield result.value;
      begun.delete(generator);
    }
  } finally {
    await Promise.allSettled([...begun].map((generator) => generator.return(undefined)));
  }
}
