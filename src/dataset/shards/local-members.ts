import { closeSync, fstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { DatasetObject } from '../../contract/manifest.ts';
import { IMAGE_ERRORS, type ImageErrorCode } from '../../contract/row.ts';
import { FanfleetError } from '../../errors.ts';
import { LocalFailure, localCodeOf } from '../files/local-failure.ts';
import { openFile } from '../files/open-file.ts';
import type { FoundFile, WalkOptions } from '../files/walk-folder.ts';
import { RepeatedNameError, sortByKey } from '../key-order.ts';
import { noteRemark } from '../notes.ts';
import { FileCursor } from './file-cursor.ts';
import { withPath } from './shard-keys.ts';
import { type TarRemark, walkTar } from './tar-walk.ts';

/** After so many files of a tar signals are looked at. */
const TURN = 4096;

/**
 * The wanted files in tars of this machine, sorted by key. The keys are those of a run over the tars: names in a tar, or
 * with the key of the tar before them where two tars have the same one; the later of two in one tar. A tar that is not
 * whole is given itself, as failed, beside the files before its damage.
 *
 * @throws the reason of the signal
 */
export async function localMembers(tars: readonly FoundFile[], options: WalkOptions): Promise<FoundFile[]> {
  const { notes } = options.passedOver;
  const byKey = new Map(tars.map((tar) => [tar.key, tar]));
  const objects: DatasetObject[] = [];
  const failures = new Map<string, FoundFile['failed']>();
  for (const tar of tars) failures.set(tar.key, await listTar(tar, options, objects));
  const sorted = sortedByKey(objects);
  for (const { key, shard } of sorted.earlier) notes.add('EARLIER_VERSIONS', `${key} in ${shard?.key}`);
  if (sorted.why !== undefined) notes.add('KEYS_NAME_SHARDS', sorted.why);
  return sorted.objects.map(({ key, size, shard, refused }): FoundFile => {
    const path = byKey.get(shard?.key ?? key)?.path ?? key;
    if (shard === undefined) return { key, path, failed: failures.get(key) };
    if (refused !== undefined) return { key, path, failed: { code: refused } };
    return { key, path, span: { offset: shard.offset, size } };
  });
}

type Sorted = {
  readonly objects: readonly DatasetObject[];
  readonly earlier: readonly DatasetObject[];
  readonly why?: string | undefined;
};

/** By names alone, or why not; and the files that have later ones in their tar. */
function sortedByKey(objects: readonly DatasetObject[], why?: string): Sorted {
  const earlier: DatasetObject[] = [];
  try {
    return { objects: sortByKey(objects, (object) => earlier.push(object)), earlier, why };
  } catch (reason) {
    if (!(reason instanceof RepeatedNameError)) throw reason;
    return sortedByKey(objects.map(withPath), reason.example);
  }
}

/** @returns why the tar, or the rest of it, was not read; it is one of the objects then */
async function listTar(
  { key, path }: FoundFile,
  { accept, passedOver, signal }: WalkOptions,
  objects: DatasetObject[],
): Promise<FoundFile['failed']> {
  const onRemark = (remark: TarRemark) => noteRemark(passedOver.notes, remark, key, accept);
  let opened: number | undefined;
  try {
    opened = openFile(path);
    const info = fstatSync(opened);
    if (!info.isFile()) throw new LocalFailure('NOT_A_FILE', 'expected a tar');
    let count = 0;
    for await (const member of walkTar(new FileCursor(opened), { name: key, size: info.size, onRemark })) {
      const { name, offset, size, refused } = member;
      const object = { key: name, size, etag: '', shard: { key, offset } };
      if (!accept(name)) passedOver.files.add(`${key}/${name}`);
      else objects.push(refused === undefined ? object : { ...object, refused });
      count += 1;
      if (count % TURN === 0) await setImmediate(undefined, { signal });
    }
    return undefined;
  } catch (reason) {
    signal?.throwIfAborted();
    objects.push({ key, size: 0, etag: '' });
    const isKnown = reason instanceof FanfleetError && isImageError(reason.code);
    return { code: isKnown ? reason.code : localCodeOf(reason), reason };
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

function isImageError(code: string): code is ImageErrorCode {
  return Object.hasOwn(IMAGE_ERRORS, code);
}
