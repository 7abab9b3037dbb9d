import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { alone } from '../../scripts/own-stack/alone.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters: Readonly<
    Record<string, { readonly Default: string; readonly AllowedPattern?: string }>
  >;
}

/** What `sls package` makes for a stack in AWS. */
export interface Packed {
  readonly folder: string;
  readonly template: Template;
  /** What it printed. */
  readonly output: string;
  readonly remove: () => Promise<void>;
}

export async function packForAws(): Promise<Packed> {
  const scratch = await mkdtemp(join(tmpdir(), 'fanfleet-sls-'));
  const folder = await mkdtemp(join(tmpdir(), 'fanfleet-package-'));
  const cloudFormation = await withoutStacks();
  const remove = async () => {
    for (const made of [folder, scratch]) await rm(made, { recursive: true, force: true });
  };
  const { port } = cloudFormation.address() as AddressInfo;
  try {
    const { stdout, stderr } = await alone('packing', () =>
      promisify(execFile)(
        process.execPath,
        [
          join(ROOT, 'node_modules/osls/bin/serverless.js'),
          ...['package', '--stage', 'prod', '--package', folder],
        ],
        { cwd: ROOT, env: environment(scratch, port), encoding: 'utf8', timeout: 270_000 },
      ),
    );
    const file = join(folder, 'cloudformation-template-update-stack.json');
    const template: Template = JSON.parse(await readFile(file, 'utf8'));
    return { folder, template, output: `${stdout}${stderr}`, remove };
  } catch (reason) {
    await remove();
    throw reason;
  } finally {
    cloudFormation.close();
  }
}

/** Names and sizes of what is in a zip of a folder. */
export function zipContents(folder: string, name: string): Map<string, number> {
  const code =
    'import sys,zipfile,json;print(json.dumps([[i.filename,i.file_size] for i in zipfile.ZipFile(sys.argv[1]).infolist()]))';
  const python = join(ROOT, '.venv/bin/python');
  const output = execFileSync(python, ['-c', code, join(folder, `${name}.zip`)], { encoding: 'utf8' });
  return new Map(JSON.parse(output) as [string, number][]);
}

/** What osls asks which layer is deployed, as CloudFormation answers where nothing is. */
async function withoutStacks(): Promise<Server> {
  const error =
    '<Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id fanfleet-prod does not exist</Message></Error>';
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { 'content-type': 'text/xml' }).end(`<ErrorResponse>${error}</ErrorResponse>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Without what points to another AWS, or another architecture; `sls` leaves its build folders and its cache in `scratch`. */
function environment(scratch: string, port: number): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|FANFLEET)_/.test(name));
  return {
    ...Object.fromEntries(kept),
    AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    SLS_TELEMETRY_DISABLED: '1',
    TMPDIR: scratch,
    SLS_SCHEMA_CACHE_BASE_DIR: scratch,
  };
}
