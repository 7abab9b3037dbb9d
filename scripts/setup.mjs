// Sets everything up from the lock files: Node packages (Node 24 among them) and a Python environment, and beside them the
// native kernel. Plain JavaScript without dependencies, since it runs on whatever Node (22 or newer) the machine has.
// Quick when nothing has changed: it compares hashes of what is installed from.
//
// node scripts/setup.mjs                  all
// node scripts/setup.mjs --engine daft    of the packages of Python only what runs with this engine need; several may be given
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hash, install, SetupError, tell, unchanged, windows } from './setup/installer.mjs';
import { nativeKernel } from './setup/native-kernel.mjs';
import { pythonPackages } from './setup/python-packages.mjs';

// Not import.meta.dirname, which the Node that is refused below may not have.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** As in `engines` of package.json, which npm only warns about. */
const LEAST_NODE = 22;

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

/** @throws {SetupError[]} all that went wrong */
async function packages(/** @type {Promise<void>} */ ofNode) {
  const outcomes = await Promise.allSettled([ofNode, pythonPackages(ROOT, engines)]);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length > 0) throw reasons;
}

const { engine: engines } = parseArgs({ options: { engine: { type: 'string', multiple: true } } }).values;
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
