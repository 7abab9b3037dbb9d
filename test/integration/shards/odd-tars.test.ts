import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ObjectReader } from '../../../src/aws/object-reader.ts';
import { s3Access } from '../../../src/aws/s3-access.ts';
import type { Batch } from '../../../src/contract/manifest.ts';
import { failedRow, type ImageErrorCode, type Row, serializeRow } from '../../../src/contract/row.ts';
import { compareKeys } from '../../../src/dataset/order.ts';
import { indexText } from '../../../src/dataset/shards/shard-index.ts';
import { tarOf } from '../../../src/dataset/shards/tar-writer.ts';
import { chooseKernel } from '../../../src/kernel/choose-kernel.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { runBatch } from '../../../src/worker/run-batch.ts';
import { imageRunner } from '../../../src/workloads/image-runner.ts';
import { MIB, plain } from '../../support/image-bucket.ts';
import { linesByPython } from '../../support/python-batches.ts';
import { membersOf, paxEntry, tarEntry } from '../../support/tars.ts';
import { RUNS, shardBucket } from './shard-bucket.ts';

const END = Buffer.alloc(1024);
const { at, client, put, list, planned } = shardBucket();

/** Pictures of one colour: the number is what red must be in the row. */
let picture: (red: number) => Buffer;
beforeAll(async () => {
  const pictures = await Promise.all(Array.from({ length: 16 }, (_, i) => plain(i)));
  picture = (red) => pictures[red] ?? Buffer.alloc(0);
});

/** The rows of all workers: of functions with either kernel, and of the fleet's Python. */
async function rowsOf({ objects, result }: Awaited<ReturnType<typeof planned>>) {
  const kernels = [createSharpKernel(), await chooseKernel()];
  const own = await Promise.all(kernels.map((kernel) => rowsBy(kernel, { batch: 0, bytes: 0, objects })));
  return { python: await rowsByPython(result.manifestKey), sharp: own[0], chosen: own[1] };
}

async function rowsBy(kernel: Kernel, batch: Batch): Promise<string[]> {
  const reader = new ObjectReader(s3Access(at().s3));
  const limits = {
    fetches: 4,
    decodes: 2,
    encodedBytes: 64 * MIB,
    decodedBytes: 64 * MIB,
    imageBytes: 1024 * MIB,
  };
  const task = { operation: 'max' } as const;
  const now = () => performance.now();
  const { rows } = await runBatch({
    reader,
    bucket: at().bucket,
    batch,
    runner: imageRunner(task),
    kernel,
    ...limits,
    now,
  });
  reader.close();
  return rows.map(serializeRow);
}

function rowsByPython(manifestKey: string): Promise<string[]> {
  const folder = manifestKey.replace('manifest.json', 'fleet/');
  const workload = { name: 'statistics', params: { operation: 'max', depth: '8' } };
  return linesByPython(client(), { runsBucket: RUNS, manifestKey, folder, bucket: at().bucket, workload });
}

/** The rows that there must be: red, or the code of an error, by key. */
function expected(rows: Readonly<Record<string, number | ImageErrorCode>>) {
  const lines = Object.entries(rows)
    .sort(([a], [b]) => compareKeys(a, b))
    .map(
      ([key, value]): Row =>
        typeof value === 'string'
          ? failedRow(key, value)
          : { key, width: 8, height: 8, channels: 3, max: [value, 0, 0] },
    )
    .map(serializeRow);
  return { python: lines, sharp: lines, chosen: lines };
}

describe('a prefix with odd tars', () => {
  it('costs a row or a line for each of them, and all workers agree', async () => {
    // Prepare
    const caption = Buffer.from('caf\xe9.txt', 'latin1');
    await put('odd/loose.png', picture(1));
    await put('odd/notes.txt', 'words');
    await put(
      'odd/0.tar',
      Buffer.concat([
        tarEntry('a.png', picture(2)),
        tarEntry('copy.png', '', { type: '1', link: './a.png' }),
        tarEntry('lost.png', '', { type: '1', link: 'none.png' }),
        tarEntry('caption of lost.txt', '', { type: '1', link: 'none.txt' }),
        tarEntry('soft.png', '', { type: '2', link: 'a.png' }),
        tarEntry(caption, 'words'),
        tarEntry(Buffer.from('caf\xe9.png', 'latin1'), picture(3)),
        paxEntry([['GNU.sparse.major', '1']]),
        tarEntry('hole.png', picture(3)),
        paxEntry([['GNU.sparse.major', '1']]),
        tarEntry('hole.bin', 'data'),
        tarEntry('b.png', picture(4)),
        END,
      ]),
    );
    await put(
      'odd/1.tar',
      Buffer.concat([tarEntry('c.png', picture(5)), tarEntry('d.png', picture(6)).subarray(0, 520)]),
    );
    await put('odd/2.tar.gz', gzipSync(tarOf([['e.png', picture(7)]])));
    await put('odd/3.tar', gzipSync(tarOf([['f.png', picture(8)]])));
    const joined = Buffer.concat([tarOf([['g.png', picture(9)]]), tarOf([['h.png', picture(10)]])]);
    await put('odd/4.tar', Buffer.concat([joined, Buffer.from('rest')]));

    // Act
    const plan = await planned('odd/');

    // Assess
    expect(await rowsOf(plan)).toEqual(
      expected({
        'odd/loose.png': 1,
        'a.png': 2,
        'copy.png': 2,
        'lost.png': 'SHARD_LINK_BROKEN',
        'caf\\xe9.png': 'NAME_NOT_UTF8',
        'hole.png': 'SHARD_MEMBER_SPARSE',
        'b.png': 4,
        'c.png': 5,
        'odd/1.tar': 'SHARD_DAMAGED',
        'odd/3.tar': 'SHARD_COMPRESSED',
        'g.png': 9,
        'h.png': 10,
      }),
    );
    const { items, shards, shardKeys, skipped, leftOut, notes } = plan.result;
    expect({ items, shards, shardKeys, skipped }).toEqual({
      items: 12,
      shards: 4,
      shardKeys: 'member',
      skipped: 5,
    });
    expect(leftOut).toEqual([
      { suffix: '.txt', count: 3, example: expect.stringMatching(/\.txt$/) },
      { suffix: '.bin', count: 1, example: 'hole.bin' },
      { suffix: '.tar.gz', count: 1, example: 'odd/2.tar.gz' },
    ]);
    expect(notes).toMatchObject([
      { code: 'SHARDS_COMPRESSED', count: 1, examples: ['odd/2.tar.gz'] },
      {
        code: 'SHARDS_NOT_WHOLE',
        count: 2,
        examples: expect.arrayContaining([
          expect.stringMatching(/odd\/1\.tar but at byte 1024: expected \d+ bytes of "d.png"/),
          expect.stringMatching(/odd\/3\.tar but it is compressed by gzip/),
        ]),
      },
      { code: 'SYMBOLIC_LINKS', count: 1, examples: ['soft.png in odd/0.tar'] },
      { code: 'TRAILING_BYTES', count: 1, examples: [`4 bytes at byte ${joined.length} of odd/4.tar`] },
    ]);
  });

  it.each([
    ['compressed tars', 'SHARD_COMPRESSED', () => gzipSync(tarOf([['a.png', picture(1)]]))],
    [
      'links that lead nowhere',
      'SHARD_LINK_BROKEN',
      () => Buffer.concat([tarEntry('a.png', '', { type: '1' }), END]),
    ],
  ] as const)('is an error if there is nothing but %s', async (_, code, tar) => {
    await put('none/0.tar', tar());
    await put('none/1.tar', tar());
    const failure = planned('none/', { shardKeys: 'path' });
    await expect(failure).rejects.toMatchObject({ code, source: 'user' });
    await expect(failure).rejects.toThrow(/under s3:\/\/.*\/none\/ but none of 2 can, first .*none\/0\.tar/);
  });

  it('uses an index as far as it is whole, and the tar from there on', async () => {
    const tar = tarOf([0, 1, 2].map((red) => [`${red}.png`, picture(red)]));
    await put('indexed/x.tar', tar);
    const [listed] = await list('indexed/');
    if (listed === undefined) throw new Error('Expected the tar');
    const text = indexText(listed, await membersOf(tar));
    for (const index of [
      text.slice(0, -10),
      text.replace('"2.png"', '"\ufffd'),
      `${text}${'x'.repeat(2 * MIB)}`,
    ]) {
      await put('indexed/x.index.jsonl', Buffer.from(index.replace('\ufffd', '\xff'), 'latin1'));
      const { objects, result } = await planned('indexed/');
      expect(objects.map(({ key }) => key)).toEqual(['0.png', '1.png', '2.png']);
      expect(result.notes).toMatchObject([{ code: 'SHARD_INDEXES_DAMAGED', count: 1 }]);
    }
  });
});

describe('names that repeat', () => {
  it('in several shards make the keys name the shard, for all workers', async () => {
    // Prepare
    const shard = (...reds: number[]) =>
      tarOf(
        reds.flatMap((red, i) => [
          [`000${i}.png`, picture(red)] as const,
          [`000${i}.txt`, Buffer.from('x')] as const,
        ]),
      );
    await put('shards/0.tar', shard(1, 2));
    await put('shards/1.tar', shard(3, 4));
    await put('shards/own.png', picture(5));
    const rows = expected({
      'shards/0.tar/0000.png': 1,
      'shards/0.tar/0001.png': 2,
      'shards/1.tar/0000.png': 3,
      'shards/1.tar/0001.png': 4,
      'shards/own.png': 5,
    });

    // Act
    const plan = await planned('shards/');
    const asked = await planned('shards/', { shardKeys: 'path' });

    // Assess
    expect(await rowsOf(plan)).toEqual(rows);
    expect(await rowsOf(asked)).toEqual(rows);
    expect(plan.result).toMatchObject({
      shardKeys: 'path',
      notes: [{ code: 'KEYS_NAME_SHARDS', examples: ['0000.png in shards/0.tar and shards/1.tar'] }],
    });
    expect(asked.result).toMatchObject({ shardKeys: 'path', notes: [], requests: { lists: 1 } });
    const refused = planned('shards/', { shardKeys: 'member' });
    await expect(refused).rejects.toMatchObject({ code: 'DUPLICATE_KEY', source: 'user' });
    await expect(refused).rejects.toThrow(
      /0000\.png is there twice, in shards\/0\.tar at byte 512 and in shards\/1\.tar at byte 512: .*--shard-keys path/,
    );
  });

  it('in one shard leave the last file, as tar does', async () => {
    const tar = Buffer.concat([
      ...['a.png', 'b.png'].map((name, i) => tarEntry(name, picture(1 + i))),
      tarEntry('b.png', picture(3)),
      tarEntry('a.png', picture(4)),
      tarEntry('c.png', picture(5)),
      tarEntry('c.png', '', { type: '1', link: 'c.png' }),
      END,
    ]);
    await put('again/x.tar', tar);
    for (const [shardKeys, prefix] of [
      ['member', ''],
      ['path', 'again/x.tar/'],
    ] as const) {
      const plan = await planned('again/', { shardKeys });
      expect(await rowsOf(plan)).toEqual(
        expected({ [`${prefix}a.png`]: 4, [`${prefix}b.png`]: 3, [`${prefix}c.png`]: 5 }),
      );
      expect(plan.result).toMatchObject({
        items: 3,
        notes: [
          {
            code: 'EARLIER_VERSIONS',
            count: 2,
            examples: [`${prefix}a.png in again/x.tar`, `${prefix}b.png in again/x.tar`],
          },
        ],
      });
    }
  });

  it('of an object and a file in a shard are an error, unless the keys are to name the shard', async () => {
    await put('both/a.png', picture(1));
    await put('both/x.tar', tarOf([['both/a.png', picture(1)]]));
    const refused = planned('both/');
    await expect(refused).rejects.toMatchObject({ code: 'DUPLICATE_KEY', source: 'user' });
    await expect(refused).rejects.toThrow(
      /both\/a\.png is there twice, as an object and in both\/x\.tar at byte 512/,
    );
    const { objects } = await planned('both/', { shardKeys: 'path' });
    expect(objects.map(({ key }) => key)).toEqual(['both/a.png', 'both/x.tar/both/a.png']);
  });
});
