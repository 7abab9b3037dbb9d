import * as z from 'zod';
import type { DatasetObject } from '../../contract/manifest.ts';
import { FanfleetError } from '../../errors.ts';
import { suffixOf } from '../image-type.ts';
import { isCompressedShard } from './compression.ts';
import type { TarMember } from './tar-walk.ts';

/**
 * The first line of an index. The index counts only for the tar with this ETag and size.
 *
 * The other lines are one JSON object per member, in the order of the tar. (The text format of DALI's wds2idx splits
 * at spaces, which names may have, and does not say which tar it belongs to.)
 */
const headerSchema = z.object({
  format: z.literal('fanfleet-shard-index'),
  version: z.literal(1),
  tar: z.object({ etag: z.string(), size: z.int() }),
  members: z.int().nonnegative(),
});
const memberSchema = z.object({
  key: z.string().min(1),
  offset: z.int().nonnegative(),
  size: z.int().nonnegative(),
});

const TAR_SUFFIX = '.tar';
const INDEX_SUFFIX = '.index.jsonl';

/** Whether a key is taken for a tar of images. */
export function isShard(key: string): boolean {
  return suffixOf(key) === TAR_SUFFIX;
}

export function isShardIndex(key: string): boolean {
  return key.endsWith(INDEX_SUFFIX);
}

/** Where the index of a tar lies: `a/000000.index.jsonl` beside `a/000000.tar`. */
export function indexKey(tarKey: string): string {
  return tarKey.slice(0, -TAR_SUFFIX.length) + INDEX_SUFFIX;
}

/** @param members in the order of the tar */
export function indexText(
  { etag, size }: Pick<DatasetObject, 'etag' | 'size'>,
  members: readonly TarMember[],
): string {
  const header: z.infer<typeof headerSchema> = {
    format: 'fanfleet-shard-index',
    version: 1,
    tar: { etag, size },
    members: members.length,
  };
  const lines = members.map(({ name, offset, size }) => JSON.stringify({ key: name, offset, size }));
  return `${[JSON.stringify(header), ...lines].join('\n')}\n`;
}

/**
 * The members that an index names, or `null` where it is not the index of this very tar: the tar must then be walked.
 *
 * @throws FanfleetError `SHARD_INDEX_DAMAGED`, as it is read, where the index of this tar is not whole
 */
export async function readIndex(
  lines: AsyncGenerator<string>,
  tar: Pick<DatasetObject, 'key' | 'etag' | 'size'>,
): Promise<AsyncGenerator<TarMember> | null> {
  const first = await lines.next();
  const header = headerSchema.safeParse(first.done ? null : jsonOf(first.value));
  if (!header.success) return null;
  const { etag, size } = header.data.tar;
  if (withoutQuotes(etag) !== withoutQuotes(tar.etag) || size !== tar.size) return null;
  return members(lines, tar, header.data.members);
}

async function* members(
  lines: AsyncIterable<string>,
  tar: Pick<DatasetObject, 'key' | 'size'>,
  count: number,
): AsyncGenerator<TarMember> {
  let number = 1;
  let end = 0;
  for await (const line of lines) {
    number += 1;
    const member = memberSchema.safeParse(jsonOf(line));
    if (!member.success) throw indexDamaged(tar.key, `line ${number} is not {key, offset, size}`);
    const { key, offset, size } = member.data;
    if (offset < end || offset + size > tar.size) {
      throw indexDamaged(tar.key, `the place in line ${number} cannot be`);
    }
    end = offset + size;
    yield { name: key, offset, size };
  }
  if (number - 1 !== count) throw indexDamaged(tar.key, `it has ${number - 1} members of ${count}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Some S3 services leave the quotes out in some answers. */
function withoutQuotes(etag: string): string {
  return etag.replaceAll('"', '');
}

export function indexDamaged(tarKey: string, why: string): FanfleetError {
  return new FanfleetError(
    'SHARD_INDEX_DAMAGED',
    `Expected a whole index at ${indexKey(tarKey)} but ${why}: delete it, or pack again.`,
    { source: 'user' },
  );
}

/** Whether a file is taken for what is in it where it is named; of compressed tars the row says what to do. */
export function isLocalShard(key: string): boolean {
  return isShard(key) || isCompressedShard(key);
}
