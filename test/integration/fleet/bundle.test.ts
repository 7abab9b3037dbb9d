import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packArchive } from '../../../scripts/packaging/onnxruntime-archive.mjs';
import { s3Access } from '../../../src/aws/s3-access.ts';
import { S3Requests } from '../../../src/aws/s3-requests.ts';
import {
  type Bundle,
  bundleKey,
  packBundle,
  uploadBundle,
  uploadOnnxruntime,
} from '../../../src/fleet/bundle.ts';
import { fetchPackages } from '../../../src/grpc/worker/fetched-packages.ts';
import { type Emulator, startEmulator } from '../../support/emulator.ts';
import { membersOf } from '../../support/tars.ts';

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

  it('has every file that Python and the shell have of ec2-workers', async () => {
    const sources = ['ec2-workers', ':!ec2-workers/grpc-program'];
    const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...sources], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const members = await membersOf(gunzipSync((await packBundle(await tree('whole'))).body));
    const names = members.map(({ name }) => name).filter((name) => name.startsWith('ec2-workers/'));
    expect(names.toSorted()).toEqual(tracked.trim().split('\n').toSorted());
  });

  it('has the native kernel for the processor, and if asked for the gRPC program and where sharp is', async () => {
    // Prepare
    const root = await tree('program');
    await expect(packBundle(root, { processor: 'amd64', program: true })).rejects.toThrow(
      '[PROGRAM_MISSING]',
    );
    const packages = '.layers/sharp-linux-x64/nodejs/node_modules/sharp';
    for (const file of [
      'ec2-workers/grpc/main.mjs',
      'ec2-workers/grpc/worker-A1.mjs',
      `${packages}/package.json`,
      `${packages}/README.md`,
      'native/dist/linux-x64/kernel.node',
      'native/dist/linux-arm64/kernel.node',
      'native/THIRD-PARTY.txt',
    ]) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), file);
    }
    const names = async (bundle: Bundle) =>
      (await membersOf(gunzipSync(bundle.body))).map(({ name }) => name);

    // Act
    const [without, amd64, ofPython] = [
      await packBundle(root),
      await packBundle(root, { processor: 'amd64', program: true }),
      await packBundle(root, { processor: 'arm64' }),
    ];

    // Assess
    const all = new Set(await names(without));
    const added = async (bundle: Bundle) => [...new Set(await names(bundle)).difference(all)];
    const licences = 'native/THIRD-PARTY.txt';
    expect(await added(ofPython)).toEqual([licences, 'native/dist/linux-arm64/kernel.node']);
    expect(await added(amd64)).toEqual([
      'ec2-workers/grpc/main.mjs',
      'ec2-workers/grpc/worker-A1.mjs',
      licences,
      'native/dist/linux-x64/kernel.node',
      'ec2-workers/grpc/sharp.json',
    ]);
    expect([without.sharp, ofPython.sharp]).toEqual([undefined, undefined]);
    const ofSharp = await membersOf(amd64.sharp?.body ?? Buffer.alloc(0));
    expect(ofSharp.map(({ name }) => name)).toEqual(['sharp/package.json']);
    await expect(packBundle(root, { processor: 'arm64', program: true })).rejects.toThrow(
      '[PROGRAM_MISSING]',
    );
  });

  it('leaves sharp to whoever needs it, who takes nothing else for it', async () => {
    // Prepare
    const Bucket = 'sharp-runs';
    await emulator.s3.send(new CreateBucketCommand({ Bucket }));
    const root = join(folder, 'program');
    const bundle = await packBundle(root, { processor: 'amd64', program: true });
    await uploadBundle(emulator.s3, Bucket, bundle);
    const tar = gunzipSync(bundle.body);
    const place = (await membersOf(tar)).find(({ name }) => name.endsWith('sharp.json'));
    const found = place && tar.subarray(place.offset, place.offset + place.size);
    const host = async (name: string) => {
      const path = join(folder, name);
      await mkdir(path);
      await writeFile(join(path, 'sharp.json'), found ?? '');
      return path;
    };
    const requests = new S3Requests(s3Access(emulator.s3));
    onTestFinished(() => requests.close());

    // Act and assess
    const path = await host('worker');
    await fetchPackages('sharp', path, requests, Bucket);
    const file = join(path, 'node_modules/sharp/package.json');
    expect(await readFile(file, 'utf8')).toBe(
      '.layers/sharp-linux-x64/nodejs/node_modules/sharp/package.json',
    );
    expect((await readdir(path)).toSorted()).toEqual(['node_modules', 'sharp.json']);

    const Key = bundle.sharp?.key ?? '';
    await emulator.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'another one' }));
    await fetchPackages('sharp', path, requests, Bucket);
    const later = await host('later');
    await expect(fetchPackages('sharp', later, requests, Bucket)).rejects.toThrow('[PACKAGES_CHANGED]');
    expect(await readdir(later)).toEqual(['sharp.json']);
  });

  it('leaves ONNX Runtime to workers with a model, where the stack has it', async () => {
    // Prepare
    const Bucket = 'onnxruntime-runs';
    await emulator.s3.send(new CreateBucketCommand({ Bucket }));
    const root = join(folder, 'program');
    const parts = { processor: 'amd64', program: true } as const;
    await expect(uploadOnnxruntime(emulator.s3, Bucket, root, 'amd64')).rejects.toThrow('[PROGRAM_MISSING]');
    const without = await bundleKey(root, parts);
    const layer = join(root, '.layers/onnxruntime-linux-x64');
    for (const name of ['onnxruntime-common', 'onnxruntime-node/dist']) {
      await mkdir(join(layer, 'nodejs/node_modules', name), { recursive: true });
      await writeFile(join(layer, 'nodejs/node_modules', name, 'index.js'), name);
    }
    await packArchive(layer);

    // Act
    const bundle = await packBundle(root, parts);
    await uploadOnnxruntime(emulator.s3, Bucket, root, 'amd64');
    const tar = gunzipSync(bundle.body);
    const place = (await membersOf(tar)).find(({ name }) => name.endsWith('grpc/onnxruntime.json'));
    const path = join(folder, 'with-model');
    // Beside what was fetched before.
    await mkdir(join(path, 'node_modules/sharp'), { recursive: true });
    await writeFile(
      join(path, 'onnxruntime.json'),
      place === undefined ? '' : tar.subarray(place.offset, place.offset + place.size),
    );
    const requests = new S3Requests(s3Access(emulator.s3));
    onTestFinished(() => requests.close());
    const fetching = () => fetchPackages('onnxruntime', path, requests, Bucket);
    // Two slots at once.
    await Promise.all([fetching(), fetching()]);
    await fetching();

    // Assess
    expect(bundle.key).not.toBe(without);
    const packages = join(path, 'node_modules');
    expect((await readdir(packages)).toSorted()).toEqual(['onnxruntime-common', 'onnxruntime-node', 'sharp']);
    const file = join(packages, 'onnxruntime-node/dist/index.js');
    expect(await readFile(file, 'utf8')).toBe('onnxruntime-node/dist');
    expect((await readdir(path)).toSorted()).toEqual(['node_modules', 'onnxruntime.json']);
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
