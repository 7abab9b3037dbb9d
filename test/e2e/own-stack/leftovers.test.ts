import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../localstack/free-ports.ts';
import { alone } from '../../../scripts/own-stack/alone.ts';
import { cli, cliJson } from '../../../scripts/own-stack/cli.ts';

/** Hosts have their folders here whatever TMPDIR is: the paths of Ray's sockets must be short. */
const HOSTS = '/tmp';
const HOST_FOLDER = /^ff-[0-9a-f]{8}$/;

describe('fanfleet down', () => {
  let folder: string;
  let home: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-down-'));
    home = join(folder, 'fanfleet');
    env = { TMPDIR: join(folder, 'tmp'), FANFLEET_LEFTOVERS: folder };
    await mkdir(join(folder, 'tmp'));
  });

  afterAll(async () => {
    await cli(home, ['down'], env);
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves no process, port, host or file after both arms have run', async () => {
    // Prepare
    const hosts = await abandonedFolders();
    const [port, ec2Port] = await freePorts(2);
    await cliJson(home, ['up', '--port', String(port), '--ec2-port', String(ec2Port)], env);
    await alone('packing', () => cliJson(home, ['deploy'], env));
    await cliJson(home, ['dataset', 'sample', '--kind', 'digits', '--count', '60'], env);
    await cliJson(home, ['dataset', 'upload', join(home, 'dataset/digits'), '--prefix', 'digits/'], env);
    await cliJson(home, ['run', 'digits/', '--workers', '1', '--operation', 'minmax'], env);
    expect((await processesOf(folder)).length).toBeGreaterThan(1);

    // Act
    await cliJson(home, ['down'], env);

    // Assess
    expect(await processesOf(folder)).toEqual([]);
    await expect
      .poll(async () => (await abandonedFolders()).filter((name) => !hosts.includes(name)))
      .toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    for (const url of [`http://127.0.0.1:${port}`, `http://127.0.0.1:${ec2Port}`]) {
      await expect(fetch(url)).rejects.toThrow();
    }
    // What stays is for the user: the sample set, the report, logs. `clean` removes it.
    await cliJson(home, ['clean'], env);
    expect(await readdir(home)).toEqual([]);
  });
});

/** Folders of hosts that no process has: other tests may have hosts of theirs meanwhile. */
async function abandonedFolders(): Promise<string[]> {
  const folders = (await readdir(HOSTS)).filter((name) => HOST_FOLDER.test(name));
  const processes = await Promise.all(folders.map((name) => processesOf(join(HOSTS, name))));
  return folders.filter((_, position) => processes[position]?.length === 0).sort();
}

/** Processes that were started from this folder: it is in their command line or their environment. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
    if (`${command}\0${environment}`.includes(folder)) found.push(command.replaceAll('\0', ' ').trim());
  }
  return found.filter((command) => command !== '');
}
