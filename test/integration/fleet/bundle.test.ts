import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { parseTarGzip } from 'nanotar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, packBundle, uploadBundle } from '../../../src/fleet/bundle.ts';
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
    // It may have been built here.
    await rm(join(root, 'ec2-workers', 'grpc'), { recursive: true, force: true });
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

  it('has the native kernel for the processor, and if asked for the gRPC program and sharp', async () => {
    // Prepare
    const root = await tree('program');
    await expect(packBundle(root, { processor: 'amd64', program: true })).rejects.toThrow(
      '[PROGRAM_MISSING]',
    );
    const packages = '.layers/sharp-linux-x64/nodejs/node_modules/sharp';
    for (const file of [
      'ec2-workers/grpc/main.mjs',
      `${packages}/package.json`,
      `${packages}/README.md`,
      'native/dist/linux-x64/kernel.node',
      'native/dist/linux-arm64/kernel.node',
    ]) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), file);
    }
    const names = async (bundle: Bundle) => (await parseTarGzip(bundle.body)).map(({ name }) => name);

    // Act
    const [without, amd64, ofPython] = [
      await packBundle(root),
      await packBundle(root, { processor: 'amd64', program: true }),
      await packBundle(root, { processor: 'arm64' }),
    ];

    // Assess
    const all = new Set(await names(without));
    const added = async (bundle: Bundle) => [...new Set(await names(bundle)).difference(all)];
    expect(await added(ofPython)).toEqual(['native/dist/linux-arm64/kernel.node']);
    expect(await added(amd64)).toEqual([
      'ec2-workers/grpc/main.mjs',
      'ec2-workers/grpc/node_modules/sharp/package.json',
      'native/dist/linux-x64/kernel.node',
    ]);
    await expect(packBundle(root, { processor: 'arm64', program: true })).rejects.toThrow(
      '[PROGRAM_MISSING]',
    );
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
