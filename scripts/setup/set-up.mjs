// Sets everything up from the lock files: Node packages (Node 24 among them) and a Python environment, and beside them the
// native kernel. Plain JavaScript without dependencies, since it runs on whatever Node (22 or newer) the machine has.
// Quick when nothing has changed: it compares hashes of what is installed from.
import { constants } from 'node:os';
import { SetupError, tell } from './installer.mjs';
import { nativeKernel } from './native-kernel.mjs';
import { nodePackages } from './node-packages.mjs';
import { compilePython, pythonPackages } from './python-packages.mjs';

/** As in `engines` of package.json, which npm only warns about. */
const LEAST_NODE = 22;

/**
 * Set up, and tell what goes wrong. Commands can start with the packages; before hosts or functions are there, the rest has
 * to be done: the native kernel, and what hosts load, compiled once for all of them.
 *
 * Ctrl-C, SIGTERM and the end of the terminal end it with all that it has started, and nothing is told then; the process ends, when that has, with the exit
 * code that shells give.
 *
 * @param {string} root of the clone
 * @param {readonly string[]} [engines] those whose packages are wanted; all packages where it is not given, what runs models included
 * @returns {{packages: Promise<boolean>, rest: Promise<unknown>, stop: () => void}} whether they are there; when the rest is
 * done, or left out; what ends both
 */
export function setUp(root, engines) {
  const stop = new AbortController();
  // Before anything is started, and for a second Ctrl-C, too, which must leave nothing either.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      process.exitCode = 128 + constants.signals[signal];
      stop.abort();
    });
  }
  /** Without its packages nobody wants the kernel. */
  const failed = new AbortController();
  const problem = nodeProblem();
  if (problem !== undefined) {
    tell(problem);
    return { packages: Promise.resolve(false), rest: Promise.resolve(), stop: () => {} };
  }
  const ofNode = nodePackages(root, engines === undefined, stop.signal);
  const kernel = nativeKernel(
    root,
    AbortSignal.any([stop.signal, failed.signal]),
    // What went wrong is told below.
    ofNode.catch(() => failed.abort()),
  );
  const packages = allOf([ofNode, pythonPackages(root, engines, stop.signal)]).then(
    () => !stop.signal.aborted,
    (reasons) => {
      failed.abort();
      if (!stop.signal.aborted) for (const reason of reasons) tell(reason);
      return false;
    },
  );
  const compiled = packages.then((there) => (there ? compilePython(root, stop.signal) : undefined));
  return { packages, rest: Promise.all([kernel, compiled]), stop: () => stop.abort() };
}

function nodeProblem() {
  if (Number(process.versions.node.split('.')[0]) >= LEAST_NODE) return undefined;
  return new SetupError(
    `expected Node ${LEAST_NODE} or newer but this is ${process.version}.`,
    'Install a newer one, from nodejs.org or with a version manager, put it first on the PATH, and run this again.',
  );
}

/** @param {readonly Promise<void>[]} jobs @throws {unknown[]} all that went wrong */
async function allOf(jobs) {
  const outcomes = await Promise.allSettled(jobs);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length > 0) throw reasons;
}
