// The Python environment of this clone, from uv.lock: all of it, or what the offline AWS and hosts with some of the engines
// need; `models`, what runs models, counts as one of them. Most of the packages' bytes are of engines that few runs use; one that is left out is installed when it is wanted.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash, install, run, SetupError, unchanged, windows } from './installer.mjs';

const UV_VERSION = '0.13.8';
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3'];
/** Groups of pyproject.toml that every run here needs. */
const ALWAYS = ['emulator', 'engines'];

/**
 * Install what is not there yet. What is there stays, also where it was not asked for.
 *
 * @param {string} root of the clone
 * @param {readonly string[]} [engines] all packages where it is not given
 * @param {AbortSignal} [signal] ends it
 * @throws {SetupError}, or the reason of the signal
 */
export async function pythonPackages(root, engines, signal) {
  // The hosts of the fleet compare this with the lock file that they are given.
  const lock = hash(join(root, 'uv.lock'));
  const marker = join(root, '.venv', '.fanfleet-lock');
  const have = installedEngines(root);
  const wanted =
    have === undefined || engines === undefined ? undefined : [...new Set([...have, ...engines])];
  const ofThisLock = unchanged(marker, lock);
  if (ofThisLock && wanted?.length === have?.length) return;
  const python = await findPython(root);
  const uv = await placeUv(root, python, signal);
  const what = wanted === undefined ? 'Python packages' : `Python packages for ${wanted.join(' and ')}`;
  const groups = wanted && [
    '--no-default-groups',
    ...[...ALWAYS, ...wanted].map((name) => `--group=${name}`),
  ];
  // Another command may be installing another engine, which is not among these: what it installs stays.
  const adds = ofThisLock ? ['--inexact'] : [];
  const sync = ['sync', '--locked', '--quiet', '--python', python, ...adds, ...(groups ?? [])];
  await install(root, what, uv, sync, signal);
  const others = ofThisLock ? installedEngines(root) : [];
  if (wanted === undefined || others === undefined) rmSync(enginesFile(root), { force: true });
  else writeFileSync(enginesFile(root), [...new Set([...wanted, ...others])].join(' '));
  writeFileSync(marker, lock);
}

/** Where it is noted which engines are installed, unless all are. @param {string} root */
function enginesFile(root) {
  return join(root, '.venv', '.fanfleet-engines');
}

/** @param {string} root @returns {string[] | undefined} nothing where all are */
function installedEngines(root) {
  if (!existsSync(join(root, '.venv', '.fanfleet-lock'))) return [];
  if (!existsSync(enginesFile(root))) return undefined;
  return readFileSync(enginesFile(root), 'utf8').split(' ');
}

/**
 * Compile what hosts of a fleet on this machine load, once for all of them. They boot without it, more slowly: no reason to fail.
 *
 * @param {string} root of the clone
 * @param {AbortSignal} [signal] ends it
 */
export async function compilePython(root, signal) {
  const source = join(root, 'ec2-workers');
  const engines = existsSync(enginesFile(root)) ? [enginesFile(root)] : [];
  const made = hash(
    join(root, 'uv.lock'),
    join(source, 'fanfleet', 'clusters', 'spark_classes.txt'),
    ...engines,
  );
  const marker = join(root, '.venv', '.fanfleet-image');
  if (unchanged(marker, made)) return;
  const python = join(root, '.venv', windows ? 'Scripts' : 'bin', 'python');
  const { status } = await run(source, python, ['-m', 'fanfleet.local_image'], signal);
  if (status === 0) writeFileSync(marker, made);
}

/** @param {string} root */
async function findPython(root) {
  for (const name of PYTHONS) {
    const { status, stdout } = await run(root, name, [
      '-c',
      'import sys, ensurepip; print(*sys.version_info[:2])',
    ]);
    const [major = 0, minor = 0] = stdout.split(' ').map(Number);
    if (status === 0 && major === 3 && minor >= 11) return name;
  }
  throw new SetupError(
    'expected Python 3.11 or newer with its venv module but found none on the PATH.',
    'Install it, e.g. `apt-get install python3 python3-venv` or `brew install python`, and run this again.',
  );
}

/**
 * @param {string} root @param {string} python @param {AbortSignal} [signal]
 * @returns {Promise<string>} the uv that installs
 */
async function placeUv(root, python, signal) {
  const home = join(root, '.fanfleet', 'uv');
  const bin = join(home, windows ? 'Scripts' : 'bin');
  if (!unchanged(join(home, '.version'), UV_VERSION)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(join(root, '.fanfleet'), { recursive: true });
    await install(root, 'a place for uv', python, ['-m', 'venv', home], signal);
    const pip = ['-m', 'pip', 'install', '--quiet', '--retries=2'];
    await install(root, `uv ${UV_VERSION}`, join(bin, 'python'), [...pip, `uv==${UV_VERSION}`], signal);
    writeFileSync(join(home, '.version'), UV_VERSION);
  }
  return join(bin, 'uv');
}
