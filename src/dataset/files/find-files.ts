import { compareKeys } from '../order.ts';
import { isLocalShard } from '../shards/shard-index.ts';
import { type FileSource, mergeFound } from './merge-found.ts';
import type { NamedPaths } from './named-paths.ts';
import { type FoundFile, type WalkOptions, walkFolder } from './walk-folder.ts';

/**
 * The files that are named, those in the folders that are, and the members of the tars that are, in the order of their keys
 * and a piece at a time.
 *
 * @throws the reason of the signal
 */
export function findFiles(
  { files, folders }: NamedPaths,
  options: WalkOptions,
): AsyncGenerator<readonly FoundFile[]> {
  const sources: FileSource[] = folders.map((root) => ({
    from: root.key,
    open: () => walkFolder(root, options),
  }));
  const loose = files.filter(({ key }) => !isLocalShard(key)).sort((a, b) => compareKeys(a.key, b.key));
  sources.push({ from: loose[0]?.key ?? '', open: () => once(async () => loose) });
  const tars = files.filter(({ key }) => isLocalShard(key));
  const members = async () => {
    // What reads tars is loaded where there are some: most commands would wait for it in vain.
    const { localMembers } = await import('../shards/local-members.ts');
    return localMembers(tars, options);
  };
  if (tars.length > 0) sources.push({ from: '', open: () => once(members) });
  return mergeFound(sources);
}

async function* once<T>(make: () => Promise<T>): AsyncGenerator<T> {
  yield await make();
}
