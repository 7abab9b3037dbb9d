import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Sample } from '../../../scripts/own-stack/deploy.ts';

/** A folder with the images that `copySample` puts under a prefix, while `work` reads them. */
export async function withFewOf<T>(
  sample: Sample,
  count: number,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfleet-few-'));
  const images = join(inject('home'), 'dataset', sample);
  try {
    // One image a file, named so that keys are in the order of names.
    for (const name of (await readdir(images)).sort().slice(0, count))
      await symlink(join(images, name), join(folder, name));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
