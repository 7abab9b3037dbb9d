import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createTarGzip } from 'nanotar';
import { FanfleetError } from '../errors.ts';
import { type Architecture, CPUS } from './image.ts';

/**
 * What the instances fetch: the engines, the lock file of their Python packages, the native kernel, and the gRPC program for
 * its engine.
 */
export interface Bundle {
  readonly key: string;
  readonly sha256: string;
  readonly body: Buffer;
}

const ROOT_FILES = ['pyproject.toml', 'uv.lock'];
const FOLDER = 'ec2-workers';

/** Below `FOLDER`, in the repository as on the instances. */
const PROGRAM = 'grpc/main.mjs';

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
  const files = await bundleFiles(root, parts);
  const body = Buffer.from(await createTarGzip(files));
  return { key: keyOf(files), sha256: createHash('sha256').update(body).digest('hex'), body };
}

/** The key that `packBundle` gives, without packing. */
export async function bundleKey(root: string, parts: BundleParts = {}): Promise<string> {
  return keyOf(await bundleFiles(root, parts));
}

type BundleFile = {
  readonly name: string;
  readonly data: Buffer;
  readonly attrs: { readonly mtime: number };
};

function keyOf(files: readonly BundleFile[]): string {
  const contents = createHash('sha256');
  for (const file of files) contents.update(`${file.name}\0${file.data.length}\0`).update(file.data);
  return `fleet-bundles/${contents.digest('hex').slice(0, 16)}.tar.gz`;
}

async function bundleFiles(root: string, { processor, program = false }: BundleParts): Promise<BundleFile[]> {
  const own = (await filesBelow(join(root, FOLDER), /\.(py|sh)$/)).map((name) => join(FOLDER, name));
  const sources = new Map([...own, ...ROOT_FILES].map((name) => [name, name]));
  if (processor !== undefined) {
    const cpu = CPUS[processor];
    for (const name of await kernelFiles(root, cpu)) sources.set(name, name);
    if (program) for (const [name, source] of await programFiles(root, cpu)) sources.set(name, source);
  }
  return Promise.all(
    [...sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(async ([name, source]) => ({
        name,
        data: await readFile(join(root, source)),
        attrs: { mtime: 0 },
      })),
  );
}

/** Put the bundle into the runs bucket, unless these very bytes are there already. */
export async function uploadBundle(s3: S3Client, bucket: string, bundle: Bundle): Promise<void> {
  const { key, sha256 } = bundle;
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
      Body: bundle.body,
      ContentType: 'application/gzip',
      Metadata: { sha256 },
    }),
  );
}

/** The native kernel, for Python and for the gRPC program alike; none if it was not built. */
async function kernelFiles(root: string, cpu: string): Promise<string[]> {
  const folder = join('native', 'dist', `linux-${cpu}`);
  return (await filesBelow(join(root, folder), /^kernel\.node$/)).map((name) => join(folder, name));
}

/** The gRPC program, and sharp beside it where Node looks for packages. */
async function programFiles(root: string, cpu: string): Promise<ReadonlyMap<string, string>> {
  const sharp = join('.layers', `sharp-linux-${cpu}`, 'nodejs', 'node_modules');
  const [main, packages] = await Promise.all([
    filesBelow(join(root, FOLDER, 'grpc'), /^main\.mjs$/),
    filesBelow(join(root, sharp), /(\.(js|mjs|cjs|json|node)|\.so[.\d]*)$/),
  ]);
  if (main.length === 0 || packages.length === 0) {
    const message = `Expected the gRPC program for ${cpu} below ${root} but it was not built: node scripts/build-grpc.mjs`;
    throw new FanfleetError('PROGRAM_MISSING', message, { source: 'user' });
  }
  return new Map([
    [join(FOLDER, PROGRAM), join(FOLDER, PROGRAM)],
    ...packages.map((name) => [join(FOLDER, 'grpc', 'node_modules', name), join(sharp, name)] as const),
  ]);
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
