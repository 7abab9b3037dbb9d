import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { BENCH, ROOT } from './places.ts';

/** Where and with what the figures were made. */
export type Environment = {
  readonly date: string;
  /** The commit, with `+` where files were changed since. */
  readonly commit: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  /** How the frequency is set, where the machine tells. */
  readonly governor: string | undefined;
  /** Processes that wanted a core over the last minute, before the first round. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
};

const PYTHON_VERSIONS = `
import json, platform
from importlib.metadata import version
from PIL import features
names = ["pillow", "opencv-python-headless", "simplejpeg", "numpy", "daft", "ray", "dask", "pyspark", "boto3"]
import cv2
jpeg = next(line.split(":")[1].strip() for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("JPEG:"))
print(json.dumps({"Python": platform.python_version(), **{name: version(name) for name in names},
    "libjpeg-turbo in Pillow": features.version("libjpeg_turbo") or "none", "libjpeg-turbo in OpenCV": jpeg}))
`;

export function readEnvironment(now: Date): Environment {
  return {
    date: now.toISOString().slice(0, 10),
    commit: commit(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    governor: readLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    loadBefore: loadavg()[0] ?? 0,
    versions: {
      Node: process.versions.node,
      sharp: sharp.versions.sharp ?? 'unknown',
      libvips: sharp.versions.vips,
      'libjpeg-turbo in the native kernel': nativeJpegVersion(),
      ...JSON.parse(output(join(BENCH, '.venv/bin/python'), ['-c', PYTHON_VERSIONS]) ?? '{}'),
    },
  };
}

function commit(): string {
  const hash = output('git', ['rev-parse', '--short', 'HEAD']);
  if (hash === undefined) return 'unknown';
  return output('git', ['status', '--porcelain', '--untracked-files=no']) === '' ? hash : `${hash}+`;
}

/** Of the crate whose sources the addon is built from, which names the version of its library behind a plus. */
function nativeJpegVersion(): string {
  const lock = readFileSync(join(ROOT, 'native/Cargo.lock'), 'utf8');
  const [, crate] = /name = "turbojpeg-sys"\nversion = "([^"]+)"/.exec(lock) ?? [];
  return crate === undefined ? 'unknown' : `turbojpeg-sys ${crate}`;
}

function readLine(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

function output(program: string, parameters: readonly string[]): string | undefined {
  try {
    return execFileSync(program, parameters, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined; // not there
  }
}
