import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createTarGzip } from 'nanotar';

/** What the instances fetch: the engines and the lock file of their Python packages. */
export interface Bundle {
  readonly key: string;
  readonly sha256: string;
  readonly body: Buffer;
}

const ROOT_FILES = ['pyproject.toml', 'uv.lock'];
const FOLDER = 'ec2-workers';

/**
 * Pack `ec2-workers/`, `pyproject.toml` and `uv.lock` of a folder as tar.gz. The same files give the same key, since the key is
 * made of their contents.
 *
 * @param root the folder that has them: the repository, or the function's own
 */
export async function packBundle(root: string): Promise<Bundle> {
  const listed = await readdir(join(root, FOLDER), { recursive: true, withFileTypes: true });
  const names = listed
    .filter((entry) => entry.isFile() && /\.(py|sh)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\/+/, ''))
    .concat(ROOT_FILES)
    .sort();
  const files = await Promise.all(
    names.map(async (name) => ({ name, data: await readFile(join(root, name)), attrs: { mtime: 0 } })),
  );
  const contents = createHash('sha256');
  for (const file of files) contents.update(`${file.name}\0${file.data.length}\0`).update(file.data);
  const body = Buffer.from(await createTarGzip(files));
  return {
    key: `fleet-bundles/${contents.digest('hex').slice(0, 16)}.tar.gz`,
    sha256: createHash('sha256').update(body).digest('hex'),
    body,
  };
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
