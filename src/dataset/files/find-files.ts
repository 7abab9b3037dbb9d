import { compareKeys } from '../order.ts';
import { type FileSource, mergeFound } from './merge-found.ts';
import type { NamedPaths } from './named-paths.ts';
import { type FoundFile, type WalkOptions, walkFolder } from './walk-folder.ts';

/**
 * The files that are named, and those in the folders that are, in the order of their keys and a piece at a time.
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
  if (files.length > 0) sources.push(listed(files));
  return mergeFound(sources);
}

/** Files that are known already, as a source. */
export function listed(files: readonly FoundFile[]): FileSource {
  const sorted = files.toSorted((a, b) => compareKeys(a.key, b.key));
  return {
    from: sorted[0]?.key ?? '',
    open: async function* () {
      yield sorted;
    },
  };
}
