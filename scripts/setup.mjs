// Sets everything up from the lock files: Node packages (Node 24 among them) and a Python environment, and beside them the
// native kernel. Plain JavaScript without dependencies, since it runs on whatever Node (22 or newer) the machine has.
// Quick when nothing has changed: it compares hashes of what is installed from.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hash, install, run, SetupError, say, unchanged, windows } from './setup/installer.mjs';
import { nativeKernel } from './setup/native-kernel.mjs';

// Not import.meta.dirname, which the Node that is refused below may not have.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** As in `engines` of package.json, which npm only warns about. */
const LEAST_NODE = 22;
const UV_VERSION = '0.13.8';
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3'];

function nodeProblem() {
  if (Number(process.versions.node.split('.')[0]) >= LEAST_NODE) return undefined;
  return new SetupError(
    `expected Node ${LEAST_NODE} or newer but this is ${process.version}.`,
    'Install a newer one, from nodejs.org or with a version manager, put it first on the PATH, and run this again.',
  );
}

async function nodePackages() {
  const lock = hash(join(ROOT, 'package.json'), join(ROOT, 'package-lock.json'));
  const marker = join(ROOT, 'node_modules', '.fanfleet-lock');
  if (unchanged(marker, lock)) return;
  await install(ROOT, 'Node packages, Node 24 among them', windows ? 'npm.cmd' : 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
    // Its own waits between tries would keep somebody without a network waiting for over a minute.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
  ]);
  writeFileSync(marker, lock);
}

async function findPython() {
  for (const name of PYTHONS) {
    const { status, stdout } = await run(ROOT, name, [
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

/** What hosts of a fleet on this machine load, once for all of them. They boot without it, more slowly: no reason to fail. */
async function compilePython() {
  const source = join(ROOT, 'ec2-workers');
  const made = hash(join(ROOT, 'uv.lock'), join(source, 'fanfleet', 'clusters', 'spark_classes.txt'));
  const marker = join(ROOT, '.venv', '.fanfleet-image');
  if (unchanged(marker, made)) return;
  const python = join(ROOT, '.venv', windows ? 'Scripts' : 'bin', 'python');
  const { status } = await run(source, python, ['-m', 'fanfleet.local_image']);
  if (status === 0) writeFileSync(marker, made);
}

async function pythonPackages() {
  await pythonEnvironment();
  await compilePython();
}

async function pythonEnvironment() {
  // The hosts of the fleet compare this with the lock file that they are given.
  const lock = hash(join(ROOT, 'uv.lock'));
  const marker = join(ROOT, '.venv', '.fanfleet-lock');
  if (unchanged(marker, lock)) return;
  const python = await findPython();
  const home = join(ROOT, '.fanfleet', 'uv');
  const uv = join(home, windows ? 'Scripts' : 'bin', 'uv');
  if (!unchanged(join(home, '.version'), UV_VERSION)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(join(ROOT, '.fanfleet'), { recursive: true });
    await install(ROOT, 'a place for uv', python, ['-m', 'venv', home]);
    await install(ROOT, `uv ${UV_VERSION}`, join(home, windows ? 'Scripts' : 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--retries=2',
      `uv==${UV_VERSION}`,
    ]);
    writeFileSync(join(home, '.version'), UV_VERSION);
  }
  await install(ROOT, 'Python packages', uv, ['sync', '--locked', '--quiet', '--python', python]);
  writeFileSync(marker, lock);
}

/** @throws {SetupError[]} all that went wrong */
async function packages(/** @type {Promise<void>} */ ofNode) {
  const outcomes = await Promise.allSettled([ofNode, pythonPackages()]);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length > 0) throw reasons;
}

/** @param {unknown} reason */
function tell(reason) {
  if (!(reason instanceof SetupError)) throw reason;
  say(reason.message);
  say(reason.remedy);
  process.exitCode = 2;
}

const node = nodeProblem();
if (node !== undefined) tell(node);
else {
  const stop = new AbortController();
  const ofNode = nodePackages();
  const kernel = nativeKernel(
    ROOT,
    stop.signal,
    // What went wrong is told below.
    ofNode.catch(() => stop.abort()),
  );
  await packages(ofNode).catch((reasons) => {
    stop.abort();
    for (const reason of reasons) tell(reason);
  });
  await kernel;
}
