import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { FanfleetError } from '../src/errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { awsVariables, type OfflineState } from './offline.ts';

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

/** A deployment takes about 20 s; osls has been seen to wait for ever on a bundle that does not build. */
const DEADLINE_MS = 240_000;

/** Seconds without a heartbeat of the head after which it is lost; its boot has to fit into them. */
const HEARTBEAT_S = 90;
const BARE_HEARTBEAT_S = 600;

/** Deploy the stack to the offline AWS with `sls`, unless this very stack is deployed to this very emulator. */
export async function deployOffline(options: DeployOptions): Promise<'deployed' | 'unchanged'> {
  const { root, home, state, params } = options;
  const fingerprint = [state.instance, await fingerprintOf(root), ...params].join(':');
  const marker = join(home, 'emulator', 'deployed');
  if ((await readFile(marker, 'utf8').catch(() => '')) === fingerprint) return 'unchanged';
  await mkdir(join(home, 'logs'), { recursive: true });
  await sls(options, join(home, 'logs', 'deploy.log'));
  await writeFile(marker, fingerprint);
  return 'deployed';
}

async function sls(
  { root, home, state, params, env, signal }: DeployOptions,
  logFile: string,
): Promise<void> {
  const log = createWriteStream(logFile);
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/osls/bin/serverless.js'),
      ...['deploy', '--stage', 'local', ...params.map((param) => `--param=${param}`)],
    ],
    {
      cwd: root,
      env: {
        ...env,
        ...awsVariables(state),
        SLS_TELEMETRY_DISABLED: '1',
        // Its build folders and its cache would stay in /tmp and in the user's home.
        TMPDIR: join(home, 'emulator', 'tmp'),
        SLS_SCHEMA_CACHE_BASE_DIR: join(home, 'sls'),
        FANFLEET_LOCAL_ARCHITECTURE: process.arch === 'arm64' ? 'arm64' : 'x86_64',
        FANFLEET_LOCAL_CONCURRENCY: String(cpus().length),
        FANFLEET_LOCAL_HEARTBEAT: String(state.hosts.bare ? BARE_HEARTBEAT_S : HEARTBEAT_S),
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
