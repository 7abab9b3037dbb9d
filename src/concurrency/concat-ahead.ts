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
  const rest = generators[Symbol.iterator]();
  const begun: { readonly generator: AsyncGenerator<T>; readonly first: Promise<IteratorResult<T>> }[] = [];
  const fill = () => {
    while (begun.length < ahead) {
      const next = rest.next();
      if (next.done) return;
      const first = next.value.next();
      // It may fail while an earlier one is awaited; it is still thrown in its turn.
      first.catch(() => undefined);
      begun.push({ generator: next.value, first });
    }
  };
  try {
    for (fill(); begun[0] !== undefined; fill()) {
      const { generator, first } = begun[0];
      for (let result = await first; !result.done; result = await generator.next()) yield result.value;
      begun.shift();
    }
  } finally {
    await Promise.allSettled(begun.map(({ generator }) => generator.return(undefined)));
  }
}
