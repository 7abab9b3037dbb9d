import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface FleetHost {
  /** What the boot script printed. */
  readonly console: () => Promise<string>;
  /** How `shutdown` was called, one line each. */
  readonly shutdowns: () => Promise<string>;
  /** Let the metadata service say that EC2 takes the host back. */
  readonly interrupt: () => void;
  readonly stop: () => Promise<void>;
}

/**
 * Run user data as an instance would: in a clean environment, with a metadata service of its own.
 *
 * @param folder the host's own, not there yet, with a short path
 * @param venv what the image has, from `imageVenv`
 */
export async function bootHost(
  folder: string,
  address: string,
  instanceId: string,
  userData: string,
  venv: string,
): Promise<FleetHost> {
  await Promise.all(['bin', 'home', 'tmp'].map((name) => mkdir(join(folder, name), { recursive: true })));
  const shutdowns = join(folder, 'shutdowns');
  await writeFile(shutdowns, '');
  await writeFile(join(folder, 'bin/shutdown'), `#!/bin/sh\necho "$*" >>'${shutdowns}'\n`, { mode: 0o755 });
  const script = join(folder, 'user-data');
  await writeFile(script, Buffer.from(userData, 'base64'), { mode: 0o700 });
  const metadata = await serveMetadata(address, instanceId);
  const log = await open(join(folder, 'console'), 'a');
  const child = spawn(script, [], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      PATH: `${join(folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HOME: join(folder, 'home'),
      TMPDIR: join(folder, 'tmp'),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
      FANFLEET_IMAGE_VENV: venv,
      FANFLEET_HOST_ROOT: folder,
    },
  });
  return {
    console: () => readFile(join(folder, 'console'), 'utf8'),
    shutdowns: () => readFile(shutdowns, 'utf8'),
    interrupt: () => {
      const time = new Date(Date.now() + 120_000).toISOString();
      metadata.values['spot/instance-action'] = JSON.stringify({ action: 'terminate', time });
    },
    stop: async () => {
      await killHost(folder, child);
      await log.close();
      metadata.server.close();
      metadata.server.closeAllConnections();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** The project's virtual environment as an image would carry it: with the mark of the lock file it was made from. */
export async function imageVenv(folder: string): Promise<string> {
  const own = join(ROOT, '.venv');
  await mkdir(folder, { recursive: true });
  const names = (await readdir(own)).filter((name) => name !== '.fanfleet-lock');
  await Promise.all(names.map((name) => symlink(join(own, name), join(folder, name))));
  const lock = createHash('sha256').update(await readFile(join(ROOT, 'uv.lock')));
  await writeFile(join(folder, '.fanfleet-lock'), `${lock.digest('hex')}\n`);
  return folder;
}

/** Kill all processes of a host at once. Ray's leave the process group, but all have the host's folder in their environment. */
async function killHost(folder: string, child: ChildProcess): Promise<void> {
  const exited = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit');
  for (let left = await processesOf(folder); left.length > 0; left = await processesOf(folder)) {
    for (const pid of left) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await exited;
}

async function processesOf(folder: string): Promise<number[]> {
  const mark = `FANFLEET_HOST_ROOT=${folder}\0`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map(async (pid) =>
      (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).includes(mark),
    ),
  );
  return pids.filter((_, position) => marked[position]).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

async function serveMetadata(
  address: string,
  instanceId: string,
): Promise<{ server: Server; endpoint: string; values: Record<string, string> }> {
  const token = `token-of-${instanceId}`;
  const values: Record<string, string> = {
    'instance-id': instanceId,
    'local-ipv4': address,
    'instance-type': 't3.medium',
    'iam/security-credentials/': 'fleet',
    'iam/security-credentials/fleet': JSON.stringify({
      Code: 'Success',
      AccessKeyId: 'test',
      SecretAccessKey: 'test',
      Token: 'session',
      Expiration: '2099-01-01T00:00:00Z',
    }),
  };
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    if (method === 'PUT' && url === '/latest/api/token') return response.end(token);
    const value = values[url.replace('/latest/meta-data/', '')];
    if (headers['x-aws-ec2-metadata-token'] !== token) response.statusCode = 401;
    else if (value === undefined) response.statusCode = 404;
    return response.end(response.statusCode === 200 ? value : '');
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('Expected a TCP address');
  return { server, values, endpoint: `http://${address}:${bound.port}` };
}
