import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, inject, it } from 'vitest';
import { cli, cliJson } from '../../scripts/own-stack/cli.ts';
import { connectStack, readRows } from '../../scripts/own-stack/stack.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { independentRows } from './support/independent-rows.ts';
import { sharedFleet } from './support/shared-fleet.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('tar shards', () => {
  it('give the rows and the digest of the loose objects that were packed, on both arms', async () => {
    const home = inject('home');
    const packed = await cliJson(home, [
      ...['dataset', 'pack', 'digits/', '--to', 'packed-digits/', '--shard-size', '1MiB'],
    ]);
    const summary = await cliJson<Summary>(home, [
      ...['run', 'packed-digits/', '--batch-size', '300', '--fleet', await sharedFleet('dask')],
    ]);
    const independent = await independentRows(join(home, 'dataset/digits'), 'digits/');
    const stack = await connectStack(inject('home'));
    expect(packed).toMatchObject({ images: 1797, shards: 2 });
    expect(summary.plan).toMatchObject({ items: 1797, shards: 2, skipped: 0 });
    expect(await readRows(stack, summary.runId, 'serverless')).toBe(independent);
    expect(await readRows(stack, summary.runId, 'fleet')).toBe(independent);
    expect(summary.agreement).toMatchObject({ equal: true, digest: sha256(independent) });
  });

  it('of other tools are read without an index: shuffled, with captions between, and an empty file', async () => {
    const home = inject('home');
    const stack = await connectStack(inject('home'));
    const folder = join(home, 'dataset/photos');
    const names = (await readdir(folder))
      .filter((name) => name.endsWith('.jpg'))
      .sort()
      .slice(0, 60);
    const files = await Promise.all(
      names.map(async (name) => [`photos/${name}`, await readFile(join(folder, name))] as const),
    );
    const shuffled = [...files.slice(30).toReversed(), ...files.slice(0, 30)].flatMap(
      ([name, data]) =>
        [
          [name, data],
          [name.replace('.jpg', '.txt'), Buffer.from('a caption')],
        ] as const,
    );
    const tars = [shuffled, [['photos/empty.jpg', Buffer.alloc(0)]] as const];
    for (const [i, tar] of tars.entries()) {
      await stack.s3.send(
        new PutObjectCommand({
          Bucket: stack.stack.dataBucket,
          Key: `webdataset/${i}.tar`,
          Body: tarOf(tar),
        }),
      );
    }
    const compressed = { Bucket: stack.stack.dataBucket, Key: 'webdataset/2.tar.gz', Body: 'gz' };
    await stack.s3.send(new PutObjectCommand(compressed));
    const { code, stdout, stderr } = await cli(home, [
      ...['--json', 'run', 'webdataset/', '--fleet', await sharedFleet('dask')],
    ]);
    expect(code).toBe(3); // the empty one
    const { runId, plan } = JSON.parse(stdout) as Summary;
    expect(plan.leftOut.map(({ suffix, count }) => [suffix, count])).toEqual([
      ['.txt', 60],
      ['.tar.gz', 1],
    ]);
    expect(stderr).toContain('Left out: 61 files');
    expect(stderr).toContain('unpack them to plain tars (webdataset/2.tar.gz).');
    const rows = await readRows(stack, runId, 'serverless');
    expect(await readRows(stack, runId, 'fleet')).toBe(rows);
    const wanted = new Set(names.map((name) => `photos/${name}`));
    const independent = (await independentRows(folder, 'photos/'))
      .split('\n')
      .filter((row) => row !== '' && wanted.has(JSON.parse(row).key));
    const [empty, ...measured] = rows.split('\n').filter(Boolean).toReversed();
    expect(measured.toReversed()).toEqual(independent);
    expect(JSON.parse(empty ?? '')).toMatchObject({
      key: 'photos/empty.jpg',
      error: { code: 'EMPTY_OBJECT' },
    });
  });
});
