import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { env, execPath } from 'node:process';
import { deflateRawSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';
import { FanfleetError } from '../src/errors.ts';
import { ADDON_PATH, addonPath } from '../src/kernel/native-addon.ts';
import { loadModel } from '../src/models/load-model.ts';
import { localFiles } from '../src/models/local-files.ts';
import { haveModel } from '../src/models/named/have-model.ts';
import type { ModelName } from '../src/models/named/named-models.ts';
import { spread } from '../src/statistics/median.ts';
import { roundOrder } from '../src/statistics/round-order.ts';
import type { BenchOptions } from './options.ts';
import { BENCH, CACHE, ROOT } from './places.ts';
import type { StartResult } from './results.ts';

/** A start takes some 50 ms, and its spread is as large as what is to be seen: many are needed. */
const STARTS_PER_ROUND = 8;

/** What Lambda and serverless.yml put into the environment of a function; nothing of it is called here. */
const FUNCTION_ENVIRONMENT = {
  FANFLEET_STAGE: 'bench',
  FANFLEET_DATA_BUCKET: 'images',
  FANFLEET_RUNS_BUCKET: 'runs',
  FANFLEET_REQUESTER_PAYS: 'false',
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

const CPU_AT_EXIT = join(BENCH, 'cpu-at-exit.cjs');
/** A small model, and one of 102 MB. */
const MODELS = ['orientation', 'resnet50'] as const satisfies readonly ModelName[];

interface Program {
  readonly name: string;
  readonly parameters: readonly string[];
  /** Where its code is; undefined for what has none. */
  readonly code?: string;
}

/**
 * How long `measure` and `measure-model` take until their handlers could be called, bundled as they are deployed, beside Node doing
 * nothing, and the latter until it has the session of a model, whose file lies on the disk: wall and CPU time of a process that loads it and ends.
 *
 * @throws FanfleetError `START_FAILED`; `NOT_FETCHED`
 */
export async function measureStarts({
  rounds,
  seed,
}: Pick<BenchOptions, 'rounds' | 'seed'>): Promise<StartResult[]> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'measure-'));
  try {
    const programs = await programsIn(folder);
    const times = new Map(programs.map((program) => [program, [] as Start[]]));
    // The first round fills the caches of the file system.
    for (let round = 0; round <= rounds * STARTS_PER_ROUND; round += 1) {
      for (const program of roundOrder(programs, seed, round)) {
        const environment = { ...env, ...FUNCTION_ENVIRONMENT, LAMBDA_TASK_ROOT: program.code ?? folder };
        const started = start(program.parameters, environment);
        if (round > 0) times.get(program)?.push(started);
      }
    }
    return await Promise.all(
      programs.map(async (program) => ({
        name: program.name,
        milliseconds: spread((times.get(program) ?? []).map(({ ms }) => ms)),
        cpuMs: spread((times.get(program) ?? []).map(({ cpuMs }) => cpuMs)),
        zipBytes: program.code === undefined ? undefined : await zipBytes(program.code),
      })),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function programsIn(folder: string): Promise<Program[]> {
  const load = async (name: string, entry: string): Promise<Program> => {
    const code = join(folder, name);
    return { name: `Node, loading ${name}`, parameters: [await bundle(entry, code)], code };
  };
  const withModel = await bundle('bench/start-with-model.ts', join(folder, 'with-model'));
  return [
    { name: 'Node, doing nothing', parameters: ['-e', '0'] },
    await load('measure', 'functions/measure.ts'),
    await load('measure-model', 'functions/measure-model.ts'),
    ...(await Promise.all(
      MODELS.map(async (name) => ({
        name: `… and a session of ${name}`,
        parameters: [withModel, ...(await modelOf(name))],
      })),
    )),
  ];
}

/** A model on this machine: its path, and the names of its input and output. */
async function modelOf(name: ModelName): Promise<string[]> {
  const python = join(ROOT, '.fanfleet/uv/bin/python');
  const { path } = await haveModel(name, join(ROOT, '.fanfleet/models'), { python });
  const { input, output } = (await loadModel(localFiles, { model: path })).classifier;
  return [path, input.name, output.name];
}

/** A program with the settings that serverless.yml has for functions, and the native kernel where a function looks for it. */
async function bundle(entry: string, code: string): Promise<string> {
  const text = await readFile(join(ROOT, 'serverless.yml'), 'utf8');
  // Tags like !Ref are of no interest here.
  const options: BuildOptions = parse(text, { logLevel: 'silent' }).custom.esbuild;
  // The name says, as Lambda takes for granted, that it is CommonJS.
  const handler = join(code, 'functions/handler.cjs');
  await build({ ...options, entryPoints: [join(ROOT, entry)], outfile: handler, logLevel: 'silent' });
  const addon = addonPath(code);
  await mkdir(dirname(addon), { recursive: true });
  await copyFile(ADDON_PATH, addon);
  return handler;
}

interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

function start(parameters: readonly string[], environment: NodeJS.ProcessEnv): Start {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(execPath, ['--require', CPU_AT_EXIT, ...parameters], {
    env: environment,
    encoding: 'utf8',
  });
  const ms = performance.now() - started;
  if (status === 0) return { ms, cpuMs: Number(stdout) / 1000 };
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
