import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cli, ROOT } from '../../scripts/own-stack/cli.ts';
import { type ConnectedStack, connectStack, readRows } from '../../scripts/own-stack/stack.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { PILLOW_DIFFERS } from '../fixtures/refused-images.ts';
import { independentRows } from './support/independent-rows.ts';
import { sharedFleet } from './support/shared-fleet.ts';

const PREFIX = 'odd/';
/** What a key may be in S3 and break on its way through URLs, shells, JSON and HTML. */
const NASTY_KEYS = [
  'with space.jpg',
  'a+b%20c.jpg',
  'what?#anchor=1&x.jpg',
  `quote'"<script>.jpg`,
  'emoji-🦊-𝕏.jpg',
  `${'long/'.repeat(198)}x.jpg`,
];

describe('a prefix full of odd and broken images', () => {
  let folder: string;
  let stack: ConnectedStack;
  let summary: Summary;
  let code: number | null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-odd-'));
    const images = join(folder, 'images');
    await mkdir(images);
    await promisify(execFile)(`${ROOT}/.venv/bin/python`, [`${ROOT}/test/fixtures/odd_images.py`, images]);
    const home = inject('home');
    stack = await connectStack(inject('home'));
    await cli(home, ['dataset', 'upload', images, '--prefix', PREFIX]);
    const photo = await anyPhoto(stack);
    for (const key of NASTY_KEYS) {
      await stack.s3.send(
        new PutObjectCommand({ Bucket: stack.stack.dataBucket, Key: `${PREFIX}${key}`, Body: photo }),
      );
      await mkdir(join(images, key, '..'), { recursive: true });
      await writeFile(join(images, key), photo);
    }
    const result = await cli(home, ['--json', 'run', PREFIX, '--fleet', await sharedFleet('dask')]);
    code = result.code;
    summary = JSON.parse(result.stdout) as Summary;
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('does the rest, says how many failed, and ends with exit code 3', () => {
    expect(code).toBe(3);
    expect(summary.agreement.equal).toBe(true);
    const codes = Object.fromEntries(summary.failures.codes.map(({ code: name, count }) => [name, count]));
    expect(codes).toMatchObject({ EMPTY_OBJECT: 1, TOO_MANY_PIXELS: expect.any(Number) });
    expect(codes.NOT_AN_IMAGE).toBeGreaterThan(0);
    expect(codes.DECODE_FAILED).toBeGreaterThan(0);
  });

  it('has the same row for every key on both arms, and the independent one for every measured image', async () => {
    const serverless = await readRows(stack, summary.runId, 'serverless');
    const fleet = await readRows(stack, summary.runId, 'fleet');
    const measured = serverless.split('\n').filter((line) => {
      const { key, error } = line === '' ? { key: '', error: true } : JSON.parse(line);
      return error === undefined && !PILLOW_DIFFERS.has(key.slice(PREFIX.length));
    });
    const independent = new Set((await independentRows(join(folder, 'images'), PREFIX)).split('\n'));
    expect(fleet).toBe(serverless);
    expect(measured.length).toBeGreaterThan(100);
    expect(measured.filter((line) => !independent.has(line))).toEqual([]);
  });

  it('keeps every nasty key as it is, in the order of S3', async () => {
    const keys = (await readRows(stack, summary.runId, 'fleet'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).key as string);
    expect(keys).toEqual([...keys].sort(compareKeys));
    for (const key of NASTY_KEYS) expect(keys).toContain(`${PREFIX}${key}`);
  });
});

async function anyPhoto({ s3, stack }: ConnectedStack): Promise<Buffer> {
  const store = new ObjectStore(s3, stack.dataBucket);
  for await (const { key } of store.list('photos/')) return store.get(key);
  throw new Error('no photo is there');
}
