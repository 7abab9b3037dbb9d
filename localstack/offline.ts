import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import * as z from 'zod';
import { FanfleetError } from '../src/errors.ts';
import { livePid, startDaemon, stopDaemon } from './daemon.ts';
import { HOST_AWS_URL } from './ec2/hosts/namespaces/vpc.ts';
import { chooseHosts, type HostKind } from './ec2/hosts/open-hosts.ts';

/** Where the offline AWS lives and listens. Everything that it writes lies under `home`. */
export interface OfflineOptions {
  /** The repository. */
  readonly root: string;
  /** The project's own folder, `.fanfleet`. */
  readonly home: string;
  readonly port: number;
  readonly ec2Port: number;
  /** The caller's PATH; the `node` that runs this is put before it. */
  readonly path: string;
  readonly hosts: OfflineHosts;
  /** Whether functions may use all cores, or what their memory gives them as in Lambda. @default all */
  readonly functionLimits?: FunctionLimits | undefined;
  /** Functions that run at once at most, as the quota of an account. @default what MiniStack thinks of this machine's memory */
  readonly accountConcurrency?: number | undefined;
}

const FUNCTION_LIMITS = ['none', 'lambda'] as const;
export type FunctionLimits = (typeof FUNCTION_LIMITS)[number];

/** What the hosts of the fleet are; all but `kind` matters to hosts in namespaces only. */
export interface OfflineHosts {
  readonly kind: HostKind;
  /** Cores of each. @default those of its instance type */
  readonly cpus?: number | undefined;
  /** @default that of its instance type */
  readonly memoryMiB?: number | undefined;
  /**
   * Folder with the root of a bare Debian or Ubuntu system, on which they install all that they need from the
   * registries. @default this machine's own root and its Python packages
   */
  readonly image?: string | undefined;
}

const stateSchema = z.object({
  port: z.int(),
  ec2Port: z.int(),
  instance: z.string(),
  hosts: z.object({
    kind: z.enum(['namespaces', 'processes']),
    description: z.string(),
    /** Whether they install all that they need when they boot. */
    bare: z.boolean(),
  }),
  functionLimits: z.enum(FUNCTION_LIMITS),
  accountConcurrency: z.int().optional(),
});
/** `instance` differs each time the emulator starts: what was deployed before is gone then. */
export type OfflineState = z.infer<typeof stateSchema>;

export const REGION = 'us-east-1';
/** The emulator takes any credentials. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

const EMULATOR = 'emulator';
const EC2 = 'ec2';
/** Beside the packages and not in the home, as that of the command line: a quarter of its start is to compile its modules. */
const COMPILE_CACHE = '.fanfleet/compile-cache';

/** Start the emulator and the EC2 endpoint; what runs already is left alone. */
export async function up(options: OfflineOptions): Promise<OfflineState & { started: boolean }> {
  const { root, home } = options;
  const path = [dirname(process.execPath), options.path].join(delimiter);
  const before = await readState(home);
  const port = before?.port ?? options.port;
  const ec2Port = before?.ec2Port ?? options.ec2Port;
  const hosts = before?.hosts ?? (await chooseHosts(options.hosts.kind));
  const functionLimits = before?.functionLimits ?? options.functionLimits ?? 'none';
  const accountConcurrency = before === undefined ? options.accountConcurrency : before.accountConcurrency;
  const folder = daemons(home);
  if ((await livePid(folder, EMULATOR)) === undefined) await expectFree(port, '--port or FANFLEET_PORT');
  if ((await livePid(folder, EC2)) === undefined)
    await expectFree(ec2Port, '--ec2-port or FANFLEET_EC2_PORT');

  const scratch = join(home, EMULATOR);
  await mkdir(join(scratch, 'tmp'), { recursive: true });
  // The emulator's Lambda worker is CommonJS, and would take the `type` of fanfleet's own package.json.
  await writeFile(join(scratch, 'package.json'), '{"type":"commonjs"}\n');
  const emulator = await startDaemon({
    name: EMULATOR,
    folder,
    command: join(root, '.venv/bin/python'),
    args: [join(root, 'localstack/emulator.py')],
    cwd: scratch,
    env: {
      ...emulatorEnvironment(scratch, port, ec2Port, path),
      FANFLEET_FUNCTION_LIMITS: functionLimits,
      ...(accountConcurrency === undefined ? {} : { LAMBDA_ACCOUNT_CONCURRENCY: String(accountConcurrency) }),
      ...(hosts.kind === 'namespaces' ? { FANFLEET_HOST_ENDPOINT_URL: HOST_AWS_URL } : {}),
    },
    ready: () => answers(`http://127.0.0.1:${port}/_localstack/health`),
    readyMs: 60_000,
  });
  await startDaemon({
    name: EC2,
    folder,
    command: process.execPath,
    args: [
      join(root, 'localstack/ec2/main.ts'),
      '--port',
      String(ec2Port),
      '--state-dir',
      join(home, EC2),
      ...(await hostFlags(root, port, hosts.kind, options.hosts)),
    ],
    cwd: home,
    env: { PATH: path, HOME: home, NODE_COMPILE_CACHE: join(root, COMPILE_CACHE) },
    ready: () => answers(`http://127.0.0.1:${ec2Port}/_health`),
    readyMs: 30_000,
  });
  const instance =
    emulator === 'running' && before !== undefined ? before.instance : `${port}-${Date.now().toString(36)}`;
  const { kind, description } = hosts;
  const bare = before?.hosts.bare ?? options.hosts.image !== undefined;
  const state = {
    port,
    ec2Port,
    instance,
    hosts: { kind, description, bare },
    functionLimits,
    accountConcurrency,
  };
  await writeFile(statePath(home), JSON.stringify(state));
  return { ...state, started: emulator === 'started' };
}

/** End both, with every host and Lambda process, and remove what they wrote. */
export async function down(home: string): Promise<{ stopped: string[] }> {
  const stopped: string[] = [];
  if (await stopDaemon(daemons(home), EC2, 30_000)) stopped.push(EC2);
  if (await stopDaemon(daemons(home), EMULATOR, 10_000)) stopped.push(EMULATOR);
  await rm(join(home, EMULATOR), { recursive: true, force: true });
  await rm(join(home, EC2), { recursive: true, force: true });
  await rm(statePath(home), { force: true });
  return { stopped };
}

/** The state of an offline AWS that is up, else nothing. */
export async function readState(home: string): Promise<OfflineState | undefined> {
  if ((await livePid(daemons(home), EMULATOR)) === undefined) return undefined;
  const text = await readFile(statePath(home), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
}

/** Addresses and credentials of the offline AWS, as the variables that every AWS SDK and CLI reads. */
export function awsVariables({
  port,
  ec2Port,
}: Pick<OfflineState, 'port' | 'ec2Port'>): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ENDPOINT_URL_EC2: `http://127.0.0.1:${ec2Port}`,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
}

function emulatorEnvironment(
  scratch: string,
  port: number,
  ec2Port: number,
  path: string,
): Record<string, string> {
  return {
    ...awsVariables({ port, ec2Port }),
    // Without these three it listens on every interface.
    BIND_HOST: '127.0.0.1',
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    MINISTACK_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    // The `node` that runs the functions is the first on the PATH: the one that runs this.
    PATH: path,
    HOME: scratch,
    TMPDIR: join(scratch, 'tmp'),
    STATE_DIR: join(scratch, 'state'),
    S3_DATA_DIR: join(scratch, 's3'),
    PYTHONUNBUFFERED: '1',
  };
}

async function hostFlags(
  root: string,
  port: number,
  kind: 'namespaces' | 'processes',
  { cpus, memoryMiB, image }: OfflineHosts,
): Promise<string[]> {
  const venv = join(root, '.venv');
  if (kind === 'processes') return ['--hosts', kind, '--host-env', `FANFLEET_IMAGE_VENV=${venv}`];
  return [
    ...['--hosts', kind, '--aws-url', `http://127.0.0.1:${port}`],
    ...(cpus === undefined ? [] : ['--host-cpus', String(cpus)]),
    ...(memoryMiB === undefined ? [] : ['--host-memory', String(memoryMiB)]),
    ...(image === undefined
      ? [
          ...(await pythonFolders(venv)).flatMap((folder) => ['--host-mount', folder]),
          ...['--host-env', `FANFLEET_IMAGE_VENV=${venv}`],
        ]
      : ['--host-root', image, '--host-internet']),
  ];
}

/**
 * An environment of Python, and where the Python that it was made from is: as it was named and as it is, since names such
 * as `3.11` are links to a release.
 */
export async function pythonFolders(venv: string): Promise<string[]> {
  const settings = await readFile(join(venv, 'pyvenv.cfg'), 'utf8').catch(() => '');
  const named = /^home\s*=\s*(.+)$/m.exec(settings)?.[1]?.trim();
  const interpreter = await realpath(join(venv, 'bin/python')).catch(() => undefined);
  const folders = [named, interpreter === undefined ? undefined : dirname(interpreter)];
  const installations = folders.flatMap((bin) => (bin === undefined ? [] : [dirname(bin)]));
  // The machine's own Python is there anyway.
  return [venv, ...new Set(installations.filter((folder) => folder !== '/usr' && folder !== '/'))];
}

async function expectFree(port: number, option: string): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (taken) {
    throw new FanfleetError(
      'PORT_TAKEN',
      `Expected port ${port} of 127.0.0.1 to be free but another program listens there; end it, or choose another with ${option}.`,
      { source: 'user' },
    );
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function daemons(home: string): string {
  return join(home, 'daemons');
}

function statePath(home: string): string {
  return join(home, 'offline.json');
}
