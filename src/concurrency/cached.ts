/**
 * What `make` gives for a key, made once however often and by how many at once it is asked for. What fails is forgotten: whoever
 * asks next has it made again.
 */
export function cached<K, V>(kept: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => {
    // Somebody may have put another one there meanwhile.
    if (kept.get(key) === made) kept.delete(key);
  });
  return made;
}
