import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { cached } from '../concurrency/cached.ts';
import { type Architecture, CPUS } from '../contract/architecture.ts';
import { tarOf } from '../dataset/shards/tar-writer.ts';
import { FanfleetError } from '../errors.ts';

/**
 * What the instances fetch: the engines, the lock file of their Python packages, the native kernel, and the gRPC program for
 * its engine.
 */
export interface Bundle extends Packed {
  /**
   * sharp, for what the kernel of the gRPC program has no decoder for: its workers fetch it with the first such image. It is twice
   * as large as all else, and most jobs have none.
   */
  readonly sharp?: Packed;
}

/** What lies in S3 for those who want it, and its hash. */
interface Place {
  readonly key: string;
  readonly sha256: string;
}

interface Packed extends Place {
  readonly body: Buffer;
}

const zipped = promisify<Buffer, Buffer>(gzip);

const ROOT_FILES = ['pyproject.toml', 'uv.lock'];
const FOLDER = 'ec2-workers';

/** Below `FOLDER`, in the repository as on the instances: the file that loads the others beside it. */
const PROGRAM = 'grpc/main.mjs';

/** Beside it, on the instances: where sharp is, as `src/grpc/worker/fetched-packages.ts` reads it. */
const SHARP_PLACE = join(FOLDER, 'grpc', 'sharp.json');

/** Likewise of ONNX Runtime, where the stack has it. */
const ONNXRUNTIME_PLACE = join(FOLDER, 'grpc', 'onnxruntime.json');

/** Of what is linked into the native kernel, and into the one that the gRPC program has in it. */
const LICENCES = join('native', 'THIRD-PARTY.txt');

/** What a bundle has beside the files that all have. */
export interface BundleParts {
  /** The processor that the native kernel is packed for, where it was built. @default it is left out */
  readonly processor?: Architecture;
  /** Whether the gRPC program for that processor is packed, with sharp. @default false */
  readonly program?: boolean;
}

/**
 * Pack `ec2-workers/`, `pyproject.toml` and `uv.lock` of a folder as tar.gz. The same files give the same key, since the key is
 * made of their contents.
 *
 * @param root the folder that has them: the repository, or the function's own
 * @throws FanfleetError `PROGRAM_MISSING` if the gRPC program was not built, or not for this processor
 */
export async function packBundle(root: string, parts: BundleParts = {}): Promise<Bundle> {
  const sharp = await packSharp(root, parts);
  const files = await bundleFiles(root, parts, sharp);
  const key = keyOf(files);
  const known = packed.get(key);
  if (known !== undefined) return known;
  const bundle = { key, ...hashed(await zipped(tarOf(files))), ...(sharp && { sharp }) };
  packed.set(key, bundle);
  return bundle;
}

/** Those that were packed: to compress one again takes a function longer than all else of a launch. */
const packed = new Map<string, Bundle>();

/** The key that `packBundle` gives, without packing. */
export async function bundleKey(root: string, parts: BundleParts = {}): Promise<string> {
  return keyOf(await bundleFiles(root, parts, await packSharp(root, parts)));
}

type BundleFile = readonly [name: string, data: Buffer];

function keyOf(files: readonly BundleFile[]): string {
  const contents = createHash('sha256');
  for (const [name, data] of files) contents.update(`${name}\0${data.length}\0`).update(data);
  return `fleet-bundles/${contents.digest('hex').slice(0, 16)}.tar.gz`;
}

function hashed(body: Buffer): Pick<Packed, 'sha256' | 'body'> {
  return { sha256: createHash('sha256').update(body).digest('hex'), body };
}

async function bundleFiles(
  root: string,
  { processor, program = false }: BundleParts,
  sharp: Packed | undefined,
): Promise<BundleFile[]> {
  const own = (await filesBelow(join(root, FOLDER), /\.(json|py|sh|txt)$/)).map((name) => join(FOLDER, name));
  const sources = new Map([...own, ...ROOT_FILES].map((name) => [name, name]));
  if (processor !== undefined) {
    const kernels = await kernelFiles(root, CPUS[processor]);
    for (const name of kernels) sources.set(name, name);
    if (program) for (const name of await programFiles(root)) sources.set(name, name);
    if (program || kernels.length > 0) sources.set(LICENCES, LICENCES);
  }
  const files = await readFiles(root, sources);
  if (sharp === undefined || processor === undefined) return files;
  const place = Buffer.from(JSON.stringify({ key: sharp.key, sha256: sharp.sha256 }));
  const onnxruntime = await filesBelow(archiveFolder(root, processor), /^packed\.json$/);
  const more = await readFiles(
    archiveFolder(root, processor),
    new Map(onnxruntime.map((name) => [ONNXRUNTIME_PLACE, name])),
  );
  return [...files, [SHARP_PLACE, place], ...more];
}

/** Where files come from, by their names in the archive, in the order of these. */
function readFiles(root: string, sources: ReadonlyMap<string, string>): Promise<BundleFile[]> {
  return Promise.all(
    [...sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(async ([name, source]): Promise<BundleFile> => [name, await readFile(join(root, source))]),
  );
}

/** Put the bundle into the runs bucket, unless these very bytes are there already. */
export async function uploadBundle(s3: S3Client, bucket: string, bundle: Bundle): Promise<void> {
  const { sharp } = bundle;
  await Promise.all([
    upload(s3, bucket, bundle, 'application/gzip'),
    sharp && upload(s3, bucket, sharp, 'application/x-tar'),
  ]);
}

async function upload(s3: S3Client, bucket: string, packed: Packed, ContentType: string): Promise<void> {
  const { key, sha256, body } = packed;
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    if (head.Metadata?.sha256 === sha256) return;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType,
      Metadata: { sha256 },
    }),
  );
}

/**
 * Put ONNX Runtime for the gRPC program into the runs bucket, where its workers look for it with the first batch of a run with a
 * model, unless these very bytes are there already.
 *
 * @param root as for `packBundle`
 * @throws FanfleetError `PROGRAM_MISSING` if it was not packed, or not for this processor
 */
export async function uploadOnnxruntime(
  s3: S3Client,
  bucket: string,
  root: string,
  processor: Architecture,
): Promise<void> {
  const folder = archiveFolder(root, processor);
  if ((await filesBelow(folder, /^packed\.json$/)).length === 0)
    throw programMissing(root, `ONNX Runtime for ${CPUS[processor]}`);
  const place: Place = JSON.parse(await readFile(join(folder, 'packed.json'), 'utf8'));
  const body = await readFile(join(folder, 'packed.tar.gz'));
  await upload(s3, bucket, { ...place, body }, 'application/gzip');
}

/** As scripts/packaging/onnxruntime-archive.mjs leaves it. */
function archiveFolder(root: string, processor: Architecture): string {
  return join(root, '.layers', `onnxruntime-linux-${CPUS[processor]}`);
}

/** The native kernel, for Python and for the gRPC program alike; none if it was not built. */
async function kernelFiles(root: string, cpu: string): Promise<string[]> {
  const folder = join('native', 'dist', `linux-${cpu}`);
  return (await filesBelow(join(root, folder), /^kernel\.node$/)).map((name) => join(folder, name));
}

async function programFiles(root: string): Promise<string[]> {
  const folder = join(FOLDER, dirname(PROGRAM));
  const names = (await filesBelow(join(root, folder), /\.mjs$/)).map((name) => join(folder, name));
  if (!names.includes(join(FOLDER, PROGRAM))) throw programMissing(root, 'it');
  return names;
}

/**
 * sharp, as it lies where Node looks for packages. It is not compressed: that would take a function longer than a host takes to
 * fetch more.
 */
async function packSharp(
  root: string,
  { processor, program = false }: BundleParts,
): Promise<Packed | undefined> {
  if (processor === undefined || !program) return undefined;
  const folder = join(root, '.layers', `sharp-linux-${CPUS[processor]}`, 'nodejs', 'node_modules');
  return cached(packedSharp, folder, async () => {
    const names = await filesBelow(folder, /(\.(js|mjs|cjs|json|node)|\.so[.\d]*)$/);
    if (names.length === 0) throw programMissing(root, `sharp for ${CPUS[processor]}`);
    const files = await readFiles(folder, new Map(names.map((name) => [name, name])));
    const { sha256, body } = hashed(tarOf(files));
    return { key: `fleet-bundles/sharp-${sha256.slice(0, 16)}.tar`, sha256, body };
  });
}

/** By its folder. */
const packedSharp = new Map<string, Promise<Packed>>();

function programMissing(root: string, what: string): FanfleetError {
  const message = `Expected the gRPC program below ${root} but ${what} is not there: node scripts/build-grpc.mjs`;
  return new FanfleetError('PROGRAM_MISSING', message, { source: 'user' });
}

/** Files of a folder, by their paths in it; none where there is no such folder. */
async function filesBelow(folder: string, wanted: RegExp): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && wanted.test(entry.name))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
