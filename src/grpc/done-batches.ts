import { basename, extname } from 'node:path';
import type { ObjectStore } from '../aws/object-store.ts';
import { batchFoldersOf } from '../workloads/facts.ts';

/**
 * The numbers of the batches that are done: they have their result, their span and all other files of their workload.
 *
 * @param out the folder of an arm's round, or of a stage of it
 * @throws FanfleetError `INVALID_INPUT` where the workload is not known, or the name of an AWS error
 */
export async function doneBatches(
  store: Pick<ObjectStore, 'list'>,
  out: string,
  workload: { readonly name: string },
): Promise<Set<number>> {
  const folders = ['results', 'spans', ...batchFoldersOf(workload)];
  const found = await Promise.all(folders.map((folder) => numbers(store, `${out}${folder}/`)));
  return found.reduce((common, others) => common.intersection(others));
}

async function numbers(store: Pick<ObjectStore, 'list'>, prefix: string): Promise<Set<number>> {
  const found = new Set<number>();
  for await (const { key } of store.list(prefix)) found.add(Number(basename(key, extname(key))));
  return found;
}
