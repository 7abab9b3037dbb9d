import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { env, execPath } from 'node:process';
import { deflateRawSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';
import { FanfleetError } from '../src/errors.ts';
import { ADDON_PATH, addonPath } from '../src/kernel/native-addon.ts';
import { spread } from '../src/statistics/median.ts';
import { roundOrder } from '../src/statistics/round-order.ts';
import type { BenchOptions } from './options.ts';
import { CACHE, ROOT } from './places.ts';
import type { StartResult } from './results.ts';

/** A start takes some 50 ms, and its spread is as large as what is to be seen: many are needed. */
const STARTS_PER_ROUND = 8;

/** What Lambda and serverless.yml put into the environment of a function; nothing of it is called here. */
const FUNCTION_ENVIRONMENT = {
  FANFLEET_STAGE: 'bench',
  FANFLEET_DATA_BUCKET: 'images',
  FANFLEET_RUNS_BUCKET: 'runs',
  FANFLEET_MEASURE_FUNCTION: 'measure',
  FANFLEET_MEASURE_MODEL_FUNCTION: 'measure-model',
  FANFLEET_MEMORY: '1769',
  FANFLEET_CONCURRENCY: '10',
  FANFLEET_BATCH_SIZE: '100',
  FANFLEET_SCHEDULE: 'parallel',
  FANFLEET_FLEET_HEARTBEAT: '60',
  FANFLEET_NATIVE_KERNELS: '',
  FANFLEET_MODELS: 'true',
  FANFLEET_INSTANCE_PROFILE: 'fleet',
  FANFLEET_SUBNETS: 'default',
  FANFLEET_SECURITY_GROUPS: '',
  FANFLEET_AMI_PARAMETER: '/ami',
  FANFLEET_DASHBOARD_CIDR: '',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
};

/**
 * How long `measure` takes until its handler could be called, bundled as it is deployed, beside Node doing nothing:
 * wall time of a process that loads it and ends.
 */
export async function measureStarts({
  rounds,
  seed,
}: Pick<BenchOptions, 'rounds' | 'seed'>): Promise<StartResult[]> {
  await mkdir(CACHE, { recursive: true });
  const code = await mkdtemp(join(CACHE, 'measure-'));
  try {
    const handler = await bundle(code);
    const programs = [
      { name: 'Node, doing nothing', parameters: ['-e', '0'], zipBytes: undefined },
      { name: 'Node, loading the measure function', parameters: [handler], zipBytes: await zipBytes(code) },
    ];
    const times = new Map(programs.map((program) => [program, [] as number[]]));
    // The first round fills the caches of the file system.
    for (let round = 0; round <= rounds * STARTS_PER_ROUND; round += 1) {
      for (const program of roundOrder(programs, seed, round)) {
        const milliseconds = start(program.parameters, {
          ...env,
          ...FUNCTION_ENVIRONMENT,
          LAMBDA_TASK_ROOT: code,
        });
        if (round > 0) times.get(program)?.push(milliseconds);
      }
    }
    return programs.map((program) => ({
      name: program.name,
      milliseconds: spread(times.get(program) ?? []),
      zipBytes: program.zipBytes,
    }));
  } finally {
    await rm(code, { recursive: true, force: true });
  }
}

/** The function's code with the settings of serverless.yml, and the native kernel where the function looks for it. */
async function bundle(code: string): Promise<string> {
  const text = await readFile(join(ROOT, 'serverless.yml'), 'utf8');
  // Tags like !Ref are of no interest here.
  const options: BuildOptions = parse(text, { logLevel: 'silent' }).custom.esbuild;
  // The name says, as Lambda takes for granted, that it is CommonJS.
  const handler = join(code, 'functions/measure.cjs');
  await build({
    ...options,
    entryPoints: [join(ROOT, 'functions/measure.ts')],
    outfile: handler,
    logLevel: 'silent',
  });
  const addon = addonPath(code);
  await mkdir(dirname(addon), { recursive: true });
  await copyFile(ADDON_PATH, addon);
  return handler;
}

function start(parameters: readonly string[], environment: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(execPath, parameters, { env: environment, encoding: 'utf8' });
  const milliseconds = performance.now() - started;
  if (status === 0) return milliseconds;
  throw new FanfleetError('START_FAILED', `Expected ${parameters.join(' ')} to end well but got: ${stderr}`, {
    source: 'internal',
  });
}

/** Per file: a local header, an entry of the directory, and the name in both; then the end (APPNOTE.TXT, 4.3). */
const [ZIP_FILE_BYTES, ZIP_END_BYTES] = [30 + 46, 22];

/** How large a zip of a folder is. */
async function zipBytes(folder: string): Promise<number> {
  let bytes = ZIP_END_BYTES;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    bytes += deflateRawSync(await readFile(path), { level: 9 }).length;
    bytes += ZIP_FILE_BYTES + 2 * Buffer.byteLength(relative(folder, path));
  }
  return bytes;
}
