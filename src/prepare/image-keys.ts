import type { Batch } from '../contract/manifest.ts';
import { liesInFolder } from '../workloads/knn/labels.ts';

/** The images of a manifest by their keys, and what decides how their labels are found. */
export interface ImageKeys {
  /** Empty where there are more than may be held. */
  readonly keys: readonly string[];
  readonly count: number;
  /** Whether each lies in a folder below the prefix. */
  readonly inFolders: boolean;
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
  let count = 0;
  let inFolders = true;
  let inTar: string | null = null;
  for await (const { objects } of batches) {
    count += objects.length;
    for (const object of objects) {
      if (count <= most) keys.push(object.key);
      inFolders &&= liesInFolder(object, prefix);
      if (object.shard !== undefined) inTar ??= object.key;
    }
  }
  return { keys: count <= most ? keys : [], count, inFolders, inTar };
}
