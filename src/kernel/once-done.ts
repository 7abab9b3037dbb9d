/**
 * A function that loads something the first time and gives the same ever after; where that fails, the next call tries again.
 * Calls in the meantime share one attempt.
 */
export function onceDone<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((reason) => {
      loaded = undefined;
      throw reason;
    });
    return loaded;
  };
}
