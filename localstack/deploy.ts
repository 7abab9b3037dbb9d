import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { FanfleetError } from '../src/errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { awsVariables, type OfflineState } from './offline.ts';
import { Packages } from './packages.ts';

/** What became of a deployment. */
export type Deployed = 'deployed' | 'unchanged';

export interface DeployOptions {
  readonly root: string;
  readonly home: string;
  readonly state: OfflineState;
  /** Parameters of the stack, each as `name=value`. */
  readonly params: readonly string[];
  /** The environment for `sls`, without settings for another AWS. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A deployment takes about 10 s, or 3 s of a package that is kept; osls has been seen to wait for ever on a bundle that does not build. */
const DEADLINE_MS = 240_000;

/** Seconds without a heartbeat of the head after which it is lost; its boot has to fit into them. */
const HEARTBEAT_S = 90;
const BARE_HEARTBEAT_S = 600;
/** How often osls asks whether the stack is there; in AWS every 5 s, while the emulator makes it in less than one. */
const POLL_MS = 100;

/**
 * Deploy the stack to the offline AWS with `sls`, unless this very stack is deployed to this very emulator. What was packed
 * before from the same files is not packed again.
 */
export async function deployOffline(options: DeployOptions): Promise<Deployed> {
  const { root, home, state, params } = options;
  const settings = settingsOf(root, state);
  const madeFrom = JSON.stringify([await fingerprintOf(root), settings, params]);
  const deployed = `${state.instance}:${madeFrom}`;
  const marker = join(home, 'emulator', 'deployed');
  if ((await readFile(marker, 'utf8').catch(() => '')) === deployed) return 'unchanged';
  await mkdir(join(home, 'logs'), { recursive: true });
  const log = join(home, 'logs', 'deploy.log');
  const packages = new Packages(root);
  const kept = await packages.find(madeFrom);
  if (kept === undefined) {
    await sls(options, settings, [], log);
    await packages.keep(madeFrom);
  } else {
    // One that does not deploy shall not be tried again.
    await sls(options, settings, ['--package', kept], log).catch(async (error) => {
      await packages.forget(madeFrom);
      throw error;
    });
  }
  await writeFile(marker, deployed);
  return 'deployed';
}

/** The parameters that the stack was deployed with; none where it is not. */
export async function deployedParams(home: string): Promise<string[]> {
  const marker = await readFile(join(home, 'emulator', 'deployed'), 'utf8').catch(() => '');
  const [, , params] = marker === '' ? [] : JSON.parse(marker.slice(marker.indexOf('[')));
  return params ?? [];
}

/** What the stack depends on besides its files and parameters. */
function settingsOf(root: string, { hosts }: OfflineState): Record<string, string> {
  return {
    FANFLEET_LOCAL_MODELS: String(existsSync(join(root, 'node_modules/onnxruntime-node'))),
    FANFLEET_LOCAL_ARCHITECTURE: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    FANFLEET_LOCAL_CONCURRENCY: String(cpus().length),
    FANFLEET_LOCAL_HEARTBEAT: String(hosts.bare ? BARE_HEARTBEAT_S : HEARTBEAT_S),
  };
}

async function sls(
  { root, home, state, params, env, signal }: DeployOptions,
  settings: Readonly<Record<string, string>>,
  options: readonly string[],
  logFile: string,
): Promise<void> {
  const log = createWriteStream(logFile);
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/osls/bin/serverless.js'),
      ...['deploy', '--stage', 'local', ...params.map((param) => `--param=${param}`), ...options],
    ],
    {
      cwd: root,
      env: {
        ...env,
        ...awsVariables(state),
        ...settings,
        SLS_TELEMETRY_DISABLED: '1',
        SLS_AWS_MONITORING_FREQUENCY: String(POLL_MS),
        // Its build folders and its cache would stay in /tmp and in the user's home.
        TMPDIR: join(home, 'emulator', 'tmp'),
        SLS_SCHEMA_CACHE_BASE_DIR: join(home, 'sls'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    },
  );
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (exitCode, exitSignal) => resolve(exitCode ?? exitSignal ?? 'unknown'));
  });
  log.end();
  signal.throwIfAborted();
  if (code !== 0) {
    const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-6).join('\n');
    throw new FanfleetError(
      'DEPLOY_FAILED',
      `Expected \`sls deploy\` to succeed but it ended with ${code}. The end of ${logFile}:\n${tail}`,
      { source: 'aws' },
    );
  }
}
