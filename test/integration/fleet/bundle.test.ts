import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBundle, uploadBundle } from '../../../src/fleet/bundle.ts';
import { type Emulator, startEmulator } from '../../support/emulator.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let folder: string;
let emulator: Emulator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-bundle-'));
  emulator = await startEmulator();
});
afterAll(async () => {
  await emulator?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the bundle', () => {
  const tree = async (name: string) => {
    const root = join(folder, name);
    await mkdir(root);
    for (const part of ['ec2-workers', 'pyproject.toml', 'uv.lock']) {
      await cp(join(ROOT, part), join(root, part), { recursive: true });
    }
    return root;
  };

  it('has the same key and the same bytes for the same files, and another one after a change', async () => {
    // Prepare
    const [a, b] = [await tree('a'), await tree('b')];
    await mkdir(join(b, 'ec2-workers', '__pycache__'), { recursive: true });
    await writeFile(join(b, 'ec2-workers', '__pycache__', 'kernel.cpython-311.pyc'), 'bytecode');

    // Act
    const [first, second] = [await packBundle(a), await packBundle(b)];
    await writeFile(join(b, 'ec2-workers', 'lib.sh'), '# changed\n', { flag: 'a' });
    const changed = await packBundle(b);

    // Assess
    expect(first.key).toMatch(/^fleet-bundles\/[0-9a-f]{16}\.tar\.gz$/);
    expect(second).toEqual(first);
    expect(changed.key).not.toBe(first.key);
    expect(changed.sha256).not.toBe(first.sha256);
  });

  it('is uploaded once, and again where other bytes lie under its key', async () => {
    // Prepare
    const Bucket = 'launch-runs';
    await emulator.s3.send(new CreateBucketCommand({ Bucket }));
    const bundle = await packBundle(ROOT);
    const modified = async () => {
      const { Contents = [] } = await emulator.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key, Size }) => [Key, Size]);
    };
    let puts = 0;
    emulator.s3.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === 'PutObjectCommand') puts += 1;
        return next(args);
      },
      { step: 'initialize', name: 'count-puts' },
    );

    // Act and assess
    await uploadBundle(emulator.s3, Bucket, bundle);
    await uploadBundle(emulator.s3, Bucket, bundle);
    expect(puts).toBe(1);
    expect(await modified()).toEqual([[bundle.key, bundle.body.length]]);
    emulator.s3.middlewareStack.remove('count-puts');

    await emulator.s3.send(new PutObjectCommand({ Bucket, Key: bundle.key, Body: 'half a bundle' }));
    await uploadBundle(emulator.s3, Bucket, bundle);
    const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket, Key: bundle.key }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bundle.body)).toBe(true);
  });
});
