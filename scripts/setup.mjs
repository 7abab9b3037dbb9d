// Sets everything up from the lock files: Node packages (Node 24 among them) and a Python environment.
// Plain JavaScript without dependencies, since it runs on whatever Node (22 or newer) the machine has.
// Quick when nothing has changed: it compares hashes of the lock files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not import.meta.dirname, which the Node that is refused below may not have.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** As in `engines` of package.json, which npm only warns about. */
const LEAST_NODE = 22;
const UV_VERSION = '0.13.8';
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3'];
const windows = process.platform === 'win32';

/** @param {string} text */
function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/** @param {string} problem @param {string} remedy @returns {never} */
function fail(problem, remedy) {
  say(problem);
  say(remedy);
  process.exit(2);
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const env = { ...process.env, UV_PYTHON_DOWNLOADS: 'never', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  return spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8', shell: windows });
}

/** @param {string[]} files */
function hash(...files) {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(join(ROOT, file)));
  return sum.digest('hex');
}

/** @param {string} marker @param {string} value */
function unchanged(marker, value) {
  return existsSync(marker) && readFileSync(marker, 'utf8') === value;
}

/**
 * Run an installer; where it fails, say what to do.
 * @param {string} what @param {string} command @param {string[]} args
 */
function install(what, command, args) {
  const started = Date.now();
  say(`installing ${what} …`);
  const { status, stdout, stderr, error } = run(command, args);
  if (status !== 0) {
    const output = `${stdout ?? ''}${stderr ?? ''}${error ? error.message : ''}`.trim();
    say(output.split('\n').slice(-15).join('\n'));
    const offline =
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|NewConnectionError|dns error|Could not connect|error sending request|Temporary failure/i;
    if (offline.test(output)) {
      fail(
        `could not install ${what}: a package registry cannot be reached.`,
        'Expected a network, or a mirror set with `npm config set registry` and UV_DEFAULT_INDEX / PIP_INDEX_URL. Then run it again: what was installed stays.',
      );
    }
    fail(`could not install ${what}.`, `The command was: ${command} ${args.join(' ')}`);
  }
  say(`${what} installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function nodePackages() {
  const lock = hash('package.json', 'package-lock.json');
  const marker = join(ROOT, 'node_modules', '.fanfleet-lock');
  if (unchanged(marker, lock)) return;
  install('Node packages, Node 24 among them', windows ? 'npm.cmd' : 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
    // Its own waits between tries would keep somebody without a network waiting for over a minute.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
  ]);
  writeFileSync(marker, lock);
}

function findPython() {
  for (const name of PYTHONS) {
    const { status, stdout } = run(name, ['-c', 'import sys, ensurepip; print(*sys.version_info[:2])']);
    const [major = 0, minor = 0] = (stdout ?? '').split(' ').map(Number);
    if (status === 0 && major === 3 && minor >= 11) return name;
  }
  return fail(
    'expected Python 3.11 or newer with its venv module but found none on the PATH.',
    'Install it, e.g. `apt-get install python3 python3-venv` or `brew install python`, and run this again.',
  );
}

function pythonPackages() {
  // The hosts of the fleet compare this with the lock file that they are given.
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'uv.lock')))
    .digest('hex');
  const marker = join(ROOT, '.venv', '.fanfleet-lock');
  if (unchanged(marker, lock)) return;
  const python = findPython();
  const home = join(ROOT, '.fanfleet', 'uv');
  const uv = join(home, windows ? 'Scripts' : 'bin', 'uv');
  if (!unchanged(join(home, '.version'), UV_VERSION)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(join(ROOT, '.fanfleet'), { recursive: true });
    install('a place for uv', python, ['-m', 'venv', home]);
    install(`uv ${UV_VERSION}`, join(home, windows ? 'Scripts' : 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--retries=2',
      `uv==${UV_VERSION}`,
    ]);
    writeFileSync(join(home, '.version'), UV_VERSION);
  }
  install('Python packages', uv, ['sync', '--locked', '--quiet', '--python', python]);
  writeFileSync(marker, lock);
}

if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) {
  fail(
    `expected Node ${LEAST_NODE} or newer but this is ${process.version}.`,
    'Install a newer one, from nodejs.org or with a version manager, put it first on the PATH, and run this again.',
  );
}
nodePackages();
pythonPackages();
