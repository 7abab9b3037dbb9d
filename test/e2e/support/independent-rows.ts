import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '../../../scripts/own-stack/cli.ts';

const run = promisify(execFile);

/** The same rows by another program: numpy on Pillow's pixels, with its own reading of the format policy. */
export async function independentRows(folder: string, prefix: string, operation = 'stats'): Promise<string> {
  const { stdout } = await run(
    `${ROOT}/.venv/bin/python`,
    [`${ROOT}/test/fixtures/independent_rows.py`, folder, '--operation', operation, '--prefix', prefix],
    { maxBuffer: 256 * 1024 * 1024 },
  );
  return stdout;
}
