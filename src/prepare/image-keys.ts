import type { Batch } from '../contract/manifest.ts';
import { folderLabel } from '../workloads/labels/label-of-image.ts';

/** The images of a manifest by their keys, and what decides how their labels are found. */
export interface ImageKeys {
  /** Empty where there are more than may be held. */
  readonly keys: readonly string[];
  /** Of each key the folder that it lies in, below the prefix or in its tar; null where it lies in none. */
  readonly folders: readonly (string | null)[];
  readonly count: number;
  /** The first that is in a tar. */
  readonly inTar: string | null;
}

/** @param most keys that are held */
export async function imageKeys(
  batches: AsyncIterable<Batch>,
  prefix: string,
  most: number,
): Promise<ImageKeys> {
  const keys: string[] = [];
  const folders: (string | null)[] = [];
  // Millions of images lie in few folders: one text for each.
  const known = new Map<string, string>();
  let count = 0;
  let inTar: string | null = null;
  for await (const { objects } of batches) {
    count += objects.length;
    for (const { key, shard } of objects) {
      if (shard !== undefined) inTar ??= key;
      if (count > most) continue;
      const folder = folderLabel(key, shard === undefined ? prefix : `${shard.key}/`);
      keys.push(key);
      folders.push(folder === null ? null : (known.get(folder) ?? folder));
      if (folder !== null && !known.has(folder)) known.set(folder, folder);
    }
  }
  return count <= most ? { keys, folders, count, inTar } : { keys: [], folders: [], count, inTar };
}
