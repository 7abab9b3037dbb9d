import { execFile } from 'node:child_process';
import { access, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { measureFunctionOf } from '../../src/aws/stack.ts';
import { FanfleetError } from '../../src/errors.ts';
import { checkAccount } from '../account-check.ts';
import type { Context } from '../context.ts';
import { hasModels } from '../engine-packages.ts';
import { EXIT } from '../exit-code.ts';
import { offlineHosts, offlineState } from '../offline.ts';
import { LOCAL } from '../stage.ts';

const run = promisify(execFile);

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** How to get what is missing; of what is there, what to mind. */
  readonly fix: string | null;
}

const NEEDED_MEMORY_GIB = 4;
const NEEDED_DISK_GIB = 4;

/** Say what this machine lacks for an offline run, or to deploy to an account and what that lacks; and how to get it. */
export async function doctorCommand(context: Context) {
  const checks = await Promise.all(context.stage === LOCAL ? localChecks(context) : accountChecks(context));
  const text = checks
    .map(
      ({ name, ok, found, fix }) =>
        `${ok ? (fix === null ? 'ok     ' : 'mind   ') : 'missing'}  ${name}: ${found}${fix === null ? '' : `\n         ${fix}`}`,
    )
    .join('\n');
  return { json: { checks }, text, exitCode: checks.every(({ ok }) => ok) ? EXIT.OK : EXIT.USAGE };
}

function localChecks(context: Context): Promise<Check>[] {
  return [
    node(),
    python(),
    program(
      'tar',
      ['--version'],
      'install tar, e.g. `apt-get install tar`: the hosts of the fleet unpack with it',
    ),
    program(
      'bash',
      ['--version'],
      'install bash, e.g. `apt-get install bash`: the boot scripts of the fleet are in it',
    ),
    file(context, 'node_modules/.bin/sls', 'packages of Node'),
    file(context, '.venv/bin/ray', 'packages of Python'),
    models(context),
    memory(),
    disk(context),
    ports(context),
    hosts(context),
  ];
}

/** In an account: what deploys, and what the account runs at once beside what the stack asks for. */
function accountChecks(context: Context): Promise<Check>[] {
  return [
    node(),
    file(context, 'node_modules/.bin/sls', 'packages of Node'),
    region(context),
    functionsAtOnce(context),
  ];
}

async function region({ shell }: Context): Promise<Check> {
  const { AWS_REGION } = shell;
  return check(
    'region',
    AWS_REGION !== undefined,
    AWS_REGION ?? 'not set',
    'set AWS_REGION to that of the stack',
  );
}

async function functionsAtOnce({ stage, shell }: Context): Promise<Check> {
  const name = 'functions at once in the account';
  const { AWS_REGION } = shell;
  if (AWS_REGION === undefined) return check(name, false, 'not asked without a region', 'set AWS_REGION');
  const lambda = new LambdaClient({ region: AWS_REGION });
  try {
    const { account, found, fix } = await checkAccount(lambda, measureFunctionOf(stage));
    return { name, ok: account !== null, found, fix };
  } finally {
    lambda.destroy();
  }
}

async function node(): Promise<Check> {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return check(
    'Node',
    ok,
    process.version,
    'call it as `npx fanfleet`, which uses the Node 24 of this project',
  );
}

/** The names under which set-up looks for one, too. */
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3'];
const PYTHON_VERSION =
  'import sys; print(*sys.version_info[:3], sep="."); sys.exit(sys.version_info < (3, 11))';

async function python(): Promise<Check> {
  const fix = 'install Python 3.11 or newer with venv, e.g. `apt-get install python3 python3-venv`';
  for (const name of PYTHONS) {
    const found = await run(name, ['-c', PYTHON_VERSION]).catch(() => undefined);
    if (found !== undefined) return check('Python', true, found.stdout.trim(), fix);
  }
  return check('Python', false, 'none of 3.11 or newer on the PATH', fix);
}

async function program(name: string, args: readonly string[], fix: string): Promise<Check> {
  try {
    const { stdout } = await run(name, args);
    return check(name, true, stdout.split('\n')[0] ?? '', fix);
  } catch {
    return check(name, false, 'not on the PATH', fix);
  }
}

async function file({ root }: Context, path: string, what: string): Promise<Check> {
  const ok = await access(join(root, path)).then(
    () => true,
    () => false,
  );
  return check(what, ok, ok ? 'installed' : 'not installed', 'run `npm run setup`');
}

/** Nobody misses it until there is a run with a model. */
async function models(context: Context): Promise<Check> {
  const ok = await hasModels(context);
  const later = 'the first run with a model installs it; for now: `node scripts/install-engine.mjs models`';
  return { name: 'ONNX Runtime', ok: true, found: ok ? 'installed' : 'left out', fix: ok ? null : later };
}

async function memory(): Promise<Check> {
  const gib = freemem() / 2 ** 30;
  const fix = `free some: a head, two workers and the functions take about ${NEEDED_MEMORY_GIB} GiB together`;
  return check('memory', gib >= NEEDED_MEMORY_GIB, `${gib.toFixed(1)} GiB free`, fix);
}

async function disk({ root }: Context): Promise<Check> {
  const { bavail, bsize } = await statfs(root);
  const gib = (bavail * bsize) / 2 ** 30;
  return check(
    'disk',
    gib >= NEEDED_DISK_GIB,
    `${gib.toFixed(1)} GiB free`,
    `free some: packages take about ${NEEDED_DISK_GIB} GiB`,
  );
}

/** Either kind will do, unless the one that was asked for cannot be had. */
async function hosts(context: Context): Promise<Check> {
  try {
    const { description } = await offlineHosts(context);
    return check('hosts of the fleet', true, description, '');
  } catch (reason) {
    const { message } = FanfleetError.from(reason);
    return check('hosts of the fleet', false, message, 'set FANFLEET_HOSTS to auto, or remove it');
  }
}

async function ports(context: Context): Promise<Check> {
  const { shell } = context;
  if ((await offlineState(context)) !== undefined) return check('ports', true, 'the offline AWS is up', '');
  const taken: number[] = [];
  for (const port of [shell.FANFLEET_PORT, shell.FANFLEET_EC2_PORT])
    if (!(await isFree(port))) taken.push(port);
  const found = taken.length === 0 ? 'free' : `${taken.join(' and ')} taken`;
  return check('ports', taken.length === 0, found, 'choose others with FANFLEET_PORT and FANFLEET_EC2_PORT');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function check(name: string, ok: boolean, found: string, fix: string): Check {
  return { name, ok, found, fix: ok ? null : fix };
}
