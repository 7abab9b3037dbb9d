import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/own-stack/cli.ts';
import { layout } from '../../src/contract/layout.ts';
import { type Batch, batchSchema } from '../../src/contract/manifest.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { readNamedKeys } from '../../src/plan/named-keys.ts';
import { plan } from '../../src/plan/plan.ts';
import { DATA, planBuckets } from '../support/plan-buckets.ts';

const KEYS = ['named/é.jpg', `s3://${DATA}/named/b.jpg`, 'named/no-suffix', 'named/b.jpg', 'named/gone.jpg'];
const { put, options, read } = planBuckets();
const folder = mkdtempSync(join(tmpdir(), 'fanfleet-named-'));

/** Files of pyarrow. */
function write(...keys: string[]): void {
  execFileSync(`${ROOT}/.venv/bin/python`, [
    '-B',
    join(ROOT, 'test/fixtures/write_keys.py'),
    folder,
    ...keys,
  ]);
}

function keysOf(name: string, column = 'key', prefix = 'named/') {
  const body = readFileSync(join(folder, name));
  const source = {
    bytes: body.length,
    read: async (start: number, end: number) => body.subarray(start, end),
  };
  return readNamedKeys(source, { where: name, column, bucket: DATA, prefix });
}

async function objectsOf(runId: string) {
  const batches = JSON.parse(await read(layout.manifest(runId))) as Batch[];
  return batches.flatMap((batch) => batchSchema.parse(batch).objects);
}

beforeAll(() => write(...KEYS));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the keys in a Parquet file', () => {
  it.each([
    ...['none', 'snappy', 'gzip', 'zstd', 'brotli'].map((codec) => [codec, 'key'] as const),
    ...['large', 'dictionary'].map((column) => ['snappy', column] as const),
  ])('compressed as %s are read from the column %s, in S3 order and each once', async (codec, column) => {
    const named = await keysOf(`${codec}.parquet`, column);
    expect(named.sorted).toEqual(['named/b.jpg', 'named/gone.jpg', 'named/no-suffix', 'named/é.jpg']);
    expect(named.notes.list()).toMatchObject([
      { code: 'KEYS_REPEATED', count: 1, examples: ['named/b.jpg'] },
    ]);
  });

  it.each([
    [
      'snappy.parquet',
      'url',
      'Expected a column `url` of texts in snappy.parquet but there is none: those of texts are caption, key, ',
    ],
    ['snappy.parquet', 'number', 'but it has INT64: those of texts are'],
    ['snappy.parquet', 'binary', 'but it has BYTE_ARRAY: '],
    ['snappy.parquet', 'lists', 'but it has LIST: '],
    ['snappy.parquet', 'parts', 'but it has columns of its own: '],
    ['snappy.parquet', 'gaps', 'but row 5 has nothing: name whole keys'],
    ['snappy.parquet', 'caption', 'but row 1 has "image 0": name whole keys under the prefix of the run.'],
    ['lz4.parquet', 'key', 'Expected a Parquet file in lz4.parquet but it cannot be read ('],
    ['empty.parquet', 'key', 'but it has no rows: name some.'],
  ])('are none of %s, column %s', async (name, column, words) => {
    await expect(keysOf(name, column)).rejects.toMatchObject({
      ...{ code: 'INVALID_INPUT', source: 'user', message: expect.stringContaining(words) },
    });
  });

  it('are none of a file that is no Parquet file, or is cut off', async () => {
    const body = readFileSync(join(folder, 'snappy.parquet'));
    for (const part of [Buffer.from('key\nnamed/a.jpg\n'), body.subarray(0, 900), Buffer.alloc(0)]) {
      const source = {
        bytes: part.length,
        read: async (start: number, end: number) => part.subarray(start, end),
      };
      const place = { where: 'part', column: 'key', bucket: DATA, prefix: 'named/' };
      await expect(readNamedKeys(source, place)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('must be under the prefix of the run', async () => {
    await expect(keysOf('snappy.parquet', 'key', 'other/')).rejects.toThrow(
      `Expected a key that begins with other/, or with s3://${DATA}/other/, in the column \`key\``,
    );
  });
});

describe('a plan of named images', () => {
  it('has them alone, whatever they end in, and a row with an error for one that is not there', async () => {
    await put(['named/é.jpg', 'named/b.jpg', 'named/c.jpg', 'named/no-suffix', 'named/readme.txt']);
    const result = await plan(options('named/', { named: await keysOf('snappy.parquet') }));
    expect(result).toMatchObject({
      ...{ items: 4, bytes: 3, skipped: 0, leftOut: [] },
      notes: [{ code: 'KEYS_REPEATED', count: 1 }],
      storageClasses: { STANDARD: { items: 3, bytes: 3 } },
    });
    expect(await objectsOf('run-named')).toMatchObject([
      { key: 'named/b.jpg', size: 1 },
      { key: 'named/gone.jpg', size: 0, refused: 'KEY_NOT_FOUND' },
      { key: 'named/no-suffix', size: 1 },
      { key: 'named/é.jpg', size: 1 },
    ]);
  });

  it('may be of files in tars, by either key', async () => {
    const tar = tarOf([
      ['in/a.jpg', Buffer.from('aa')],
      ['in/b.jpg', Buffer.from('bbb')],
    ]);
    await put(['in/shards/1.tar'], tar);
    write('in/b.jpg');
    const byName = { named: await keysOf('none.parquet', 'key', 'in/'), runId: 'by-name' };
    expect(await plan(options('in/', byName))).toMatchObject({ items: 1, bytes: 3 });
    write('in/shards/1.tar/in/a.jpg');
    const byPath = { named: await keysOf('none.parquet', 'key', 'in/'), runId: 'by-path' };
    const result = await plan(options('in/', { ...byPath, shardKeys: 'path' }));
    expect(result).toMatchObject({ items: 1, bytes: 2 });
  });

  it('is none where no image is there', async () => {
    write('empty/a.jpg', 'empty/b.jpg');
    await put(['empty/c.jpg']);
    await expect(
      plan(options('empty/', { named: await keysOf('none.parquet', 'key', 'empty/') })),
    ).rejects.toMatchObject({
      code: 'NO_IMAGES',
      message: expect.stringContaining(
        `Expected objects under s3://${DATA}/empty/ with the 2 keys of none.parquet but there is none, first empty/a.jpg: correct the keys`,
      ),
    });
  });
});
