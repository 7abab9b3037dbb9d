import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ObjectFiles } from '../../aws/object-files.ts';
import type { S3Requests } from '../../aws/s3-requests.ts';
import { FanfleetError } from '../../errors.ts';
import { parse } from '../../parse.ts';

const placeSchema = z.object({ key: z.string(), sha256: z.string() });
const run = promisify(execFile);

/** The package that is loaded, of each archive. */
const PACKAGES = { sharp: 'sharp', onnxruntime: 'onnxruntime-node' } as const;

/**
 * Have packages where Node looks for those of the program: as the bundle of the fleet says in `<name>.json`, by its hash. Where there
 * is no such file, Node has them from elsewhere.
 *
 * @param folder of the program
 * @param bucket of the runs
 * @throws FanfleetError `PACKAGES_CHANGED`, or that of S3
 */
export async function fetchPackages(
  name: keyof typeof PACKAGES,
  folder: string,
  requests: S3Requests,
  bucket: string,
): Promise<void> {
  const [place, packages] = [join(folder, `${name}.json`), join(folder, 'node_modules')];
  const loaded = join(packages, PACKAGES[name]);
  if (!existsSync(place) || existsSync(loaded)) return;
  const { key, sha256 } = parse(placeSchema, JSON.parse(await readFile(place, 'utf8')), place);
  const archive = await new ObjectFiles(requests, bucket, MOST_BYTES).get(key);
  if (createHash('sha256').update(archive).digest('hex') !== sha256) {
    const message = `Expected s3://${bucket}/${key} to be what was packed with the fleet's bundle but it is not: start the fleet again.`;
    throw new FanfleetError('PACKAGES_CHANGED', message, { source: 'aws' });
  }
  const scratch = await mkdtemp(join(folder, `${name}-`));
  try {
    const [file, made] = [join(scratch, 'archive.tar'), join(scratch, 'node_modules')];
    await writeFile(file, archive);
    await mkdir(made);
    await run('tar', ['-xf', file, '-C', made]);
    await mkdir(packages, { recursive: true });
    // Whoever looks for it meanwhile finds nothing, or all that it loads.
    const names = (await readdir(made)).filter((each) => each !== PACKAGES[name]);
    for (const each of [...names, PACKAGES[name]]) await putPackage(join(made, each), join(packages, each));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Another slot may have been faster. */
async function putPackage(from: string, to: string): Promise<void> {
  await rename(from, to).catch((reason) => {
    if (!existsSync(to)) throw reason;
  });
}

/** libvips alone has 19 MB, ONNX Runtime 18 MB. */
const MOST_BYTES = 256 * 1024 * 1024;
