import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ObjectFiles } from '../../aws/object-files.ts';
import type { S3Requests } from '../../aws/s3-requests.ts';
import { FanfleetError } from '../../errors.ts';
import { parse } from '../../parse.ts';

const placeSchema = z.object({ key: z.string(), sha256: z.string() });
const run = promisify(execFile);

/**
 * Have sharp where Node looks for packages of the program: as the bundle of the fleet says in `sharp.json`, by its hash. Where there is
 * no such file, Node has it from elsewhere.
 *
 * @param folder of the program
 * @param bucket of the runs
 * @throws FanfleetError `SHARP_CHANGED`, or that of S3
 */
export async function fetchSharp(folder: string, requests: S3Requests, bucket: string): Promise<void> {
  const [place, packages] = [join(folder, 'sharp.json'), join(folder, 'node_modules')];
  if (!existsSync(place) || existsSync(packages)) return;
  const { key, sha256 } = parse(placeSchema, JSON.parse(await readFile(place, 'utf8')), place);
  const archive = await new ObjectFiles(requests, bucket, MOST_BYTES).get(key);
  if (createHash('sha256').update(archive).digest('hex') !== sha256) {
    const message = `Expected s3://${bucket}/${key} to be what was packed with the fleet's bundle but it is not: start the fleet again.`;
    throw new FanfleetError('SHARP_CHANGED', message, { source: 'aws' });
  }
  // Whoever looks for it meanwhile finds nothing, or all of it.
  const scratch = await mkdtemp(join(folder, 'sharp-'));
  try {
    const [file, made] = [join(scratch, 'sharp.tar'), join(scratch, 'node_modules')];
    await writeFile(file, archive);
    await mkdir(made);
    await run('tar', ['-xf', file, '-C', made]);
    await rename(made, packages);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** libvips alone has 19 MB. */
const MOST_BYTES = 256 * 1024 * 1024;
