import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { freePorts } from '../../localstack/free-ports.ts';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const EMULATOR = fileURLToPath(new URL('../../localstack/emulator.py', import.meta.url));
const START_DEADLINE_MS = 60_000;

export type Emulator = {
  readonly endpoint: string;
  readonly s3: S3Client;
  /** What a client of any other service needs. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Have it answer nobody until it is to go on, so that what needs it stands still: in the middle, if it was there. */
  readonly pause: () => void;
  readonly goOn: () => void;
  readonly stop: () => Promise<void>;
};

/** An offline AWS of its own for a test file: on a free port of 127.0.0.1, in a temporary folder, empty. */
export async function startEmulator(env: Readonly<Record<string, string>> = {}): Promise<Emulator> {
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'fanfleet-emulator-'));
  // A process group of its own: what the emulator starts (Lambda workers) ends with it.
  const child = spawn(PYTHON, [EMULATOR], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      ...env,
    },
  });
  const failed = once(child, 'error').then(([reason]) => Promise.reject(reason));
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const signal = (name: NodeJS.Signals) => {
    // Of one that has died, what it was needed for tells.
    if (child.pid !== undefined && !hasEnded(child)) process.kill(-child.pid, name);
  };
  const pause = () => signal('SIGSTOP');
  const goOn = () => signal('SIGCONT');
  const stop = async () => {
    s3.destroy();
    await endGroup(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([untilHealthy(endpoint, child), failed]);
  } catch (reason) {
    await stop();
    throw reason;
  }
  return { endpoint, s3, client, pause, goOn, stop };
}

async function untilHealthy(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${EMULATOR} ended with ${child.exitCode}`);
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => null);
    if (answer?.ok) return;
    await wait(100);
  }
  throw new Error(`${endpoint} was not healthy after ${START_DEADLINE_MS} ms`);
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  // One that is paused would not hear of it.
  process.kill(-child.pid, 'SIGCONT');
  const inTime = await Promise.race([ended.then(() => true), wait(5_000, false)]);
  if (inTime) return;
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
