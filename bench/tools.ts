import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FanfleetError } from '../src/errors.ts';
import { BENCH, CACHE, ROOT } from './places.ts';

const run = promisify(execFile);

/** A programme of `go install`, at the version that the figures were made with. */
const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** The Python of the peers, with the packages of bench/uv.lock. */
export async function installPeers(): Promise<string> {
  const uv = join(ROOT, '.fanfleet/uv/bin/uv');
  await building('the Python peers', uv, [
    'sync',
    '--locked',
    '--quiet',
    '--project',
    BENCH,
    '--python',
    python(),
  ]);
  return join(BENCH, '.venv/bin/python');
}

/** The Python of those that find nearest neighbours: the other peers are many times as large. */
export function installNearestPeers(): Promise<string> {
  return installGroup('nearest');
}

/** The Python of those that look for embeddings. */
export function installEmbeddingPeers(): Promise<string> {
  return installGroup('embeddings');
}

/** The Python of those that classify and cluster. */
export function installLearningPeers(): Promise<string> {
  return installGroup('learning');
}

/** The Python of those that make tensors of images. */
export function installTensorPeers(): Promise<string> {
  return installGroup('tensors');
}

/** The packages of one group of bench/uv.lock, in an environment of its own. */
async function installGroup(group: string): Promise<string> {
  const folder = join(CACHE, `${group}-peers`);
  const options = ['sync', '--locked', '--quiet', '--only-group', group, '--project', BENCH];
  await building('the peers', join(ROOT, '.fanfleet/uv/bin/uv'), [...options, '--python', python()], {
    UV_PROJECT_ENVIRONMENT: folder,
  });
  return join(folder, 'bin/python');
}

/** The same Python as the project's own environment. */
function python(): string {
  return join(ROOT, '.venv/bin/python');
}

/** libjpeg-turbo by itself, as the native kernel links it. */
export async function buildBound(): Promise<string> {
  const target = join(ROOT, 'native/target');
  await building('the decoder alone', 'cargo', [
    ...['build', '--release', '--locked', '--quiet', '--example', 'decode_bound'],
    ...['--manifest-path', join(ROOT, 'native/Cargo.toml'), '--target-dir', target],
  ]);
  return join(target, 'release/examples/decode_bound');
}

/** An S3 server in Go that keeps objects as files; it has to be quick, since it shares the cores with its clients. */
export async function installS3Server(): Promise<string> {
  const folder = join(CACHE, 'go');
  const program = join(folder, 'versitygw');
  if (!existsSync(program)) await building('the S3 server', 'go', ['install', VERSITYGW], { GOBIN: folder });
  return program;
}

/** @throws FanfleetError `BENCH_TOOL_MISSING` with the last of what the builder said */
async function building(
  what: string,
  program: string,
  parameters: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  try {
    await run(program, parameters, { cwd: ROOT, env: { ...process.env, ...env } });
  } catch (cause) {
    const why =
      cause instanceof Error ? cause.message.trim().split('\n').slice(-8).join('\n') : String(cause);
    throw new FanfleetError('BENCH_TOOL_MISSING', `Expected to build ${what} but got: ${why}`, {
      cause,
      source: 'user',
    });
  }
}
