import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../../scripts/own-stack/cli.ts';

const run = promisify(execFile);

export interface Asking {
  /** So many of the images are asked, and the others are learned from. */
  readonly ask: number;
  readonly k: number;
  /** Of their keys. */
  readonly prefix: string;
}

/** The rows of `knn` over the images of a folder by another program: numpy on Pillow's pixels. */
export async function independentKnn(folder: string, { ask, k, prefix }: Asking): Promise<string> {
  const script = join(ROOT, 'test/fixtures/independent_knn.py');
  const { stdout } = await run(
    `${ROOT}/.venv/bin/python`,
    ['-B', script, folder, '--ask', String(ask), String(k), '--prefix', prefix],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}
