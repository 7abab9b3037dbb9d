import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_ENGINE, ENGINE_NAMES, ENGINES, type Engine } from '../contract/engines.ts';
import { FanfleetError } from '../errors.ts';
import { WORKLOAD_NAMES } from '../workloads/names.ts';

/** What is told of an engine. */
export interface EngineInfo {
  readonly name: Engine;
  readonly isDefault: boolean;
  readonly what: string;
  /** Of each package that makes it what it is, as it is pinned for the hosts. */
  readonly versions: Readonly<Record<string, string>>;
  /** Where the head shows its dashboard; null for an engine without one. */
  readonly dashboardPort: number | null;
  /** Workloads and kinds of objects; every engine must do all of them. */
  readonly does: readonly string[];
  /** What a host needs; all else is installed at its boot. */
  readonly needs: string;
  /** The runtime of another language that comes with the packages; null where it needs none. */
  readonly brings: string | null;
}

const NEEDS = 'Python 3.11 or later';
const DOES = [...WORKLOAD_NAMES, 'shards'];

/**
 * The engines in the order in which they are asked for, with the versions that this repository pins.
 *
 * @param root the repository
 * @throws FanfleetError `VERSION_UNKNOWN` for a package that is not pinned
 */
export async function listEngines(root: string): Promise<EngineInfo[]> {
  const lock = await readFile(join(root, 'uv.lock'), 'utf8');
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return ENGINE_NAMES.map((name) => {
    const { what, packages, nodePackages = {}, brings = null, dashboards } = ENGINES[name];
    const versions = [
      ...Object.entries(packages).map(([told, each]) => [told, lockedVersion(lock, each)]),
      ...Object.entries(nodePackages).map(([told, each]) => [told, known(each, dependencies[each])]),
    ];
    return {
      name,
      isDefault: name === DEFAULT_ENGINE,
      what,
      versions: Object.fromEntries(versions),
      dashboardPort: dashboards.cluster ?? null,
      does: DOES,
      needs: NEEDS,
      brings,
    };
  });
}

/** The version of ONNX Runtime that runs models in functions and on all hosts; one, so that they give the same answers. */
export async function modelRuntimeVersion(root: string): Promise<string> {
  return lockedVersion(await readFile(join(root, 'uv.lock'), 'utf8'), 'onnxruntime');
}

/** Of a package in the text of a uv.lock, which is TOML that uv alone writes. */
export function lockedVersion(lock: string, name: string): string {
  const found = lock.split(`\n[[package]]\nname = "${name}"\n`)[1];
  return known(name, /^version = "([^"]+)"/.exec(found ?? '')?.[1]);
}

function known(name: string, version: string | undefined): string {
  if (version !== undefined) return version;
  throw new FanfleetError(
    'VERSION_UNKNOWN',
    `Expected a pinned version of ${name} but there is none; run \`uv lock\`.`,
    { source: 'internal' },
  );
}
