import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { enginesCommand } from '../../../cli/commands/engines.ts';
import { ENGINE_NAMES, ENGINES } from '../../../src/contract/engines.ts';
import { listEngines, lockedVersion, modelRuntimeVersion } from '../../../src/fleet/engine-versions.ts';
import { WORKLOAD_NAMES } from '../../../src/workloads/names.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe('listEngines', () => {
  it('has every engine that can be asked for, with a version of each package, and one default', async () => {
    const engines = await listEngines(ROOT);
    expect(engines.map(({ name }) => name)).toEqual(ENGINE_NAMES);
    for (const { versions, does } of engines) {
      expect(Object.keys(versions)).not.toEqual([]);
      for (const version of Object.values(versions)) expect(version).toMatch(/^\d+(\.\d+)+/);
      expect(does).toEqual([...WORKLOAD_NAMES, 'shards']);
    }
    expect(engines.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual(['daft']);
  });

  it('is installed by a group of its own, with each of its packages, and all groups together here', async () => {
    const project = await readFile(`${ROOT}/pyproject.toml`, 'utf8');
    const groups = /^default-groups = (\[.*\])$/m.exec(project)?.[1] ?? '[]';
    expect(JSON.parse(groups)).toEqual(expect.arrayContaining(ENGINE_NAMES));
    for (const name of ENGINE_NAMES) {
      const group = new RegExp(`^${name} = (\\[.*\\])$`, 'm').exec(project)?.[1] ?? '[]';
      const installed = JSON.parse(group).map((each: string) => /^[\w-]+/.exec(each)?.[0]);
      expect(installed).toEqual(expect.arrayContaining(Object.values(ENGINES[name].packages)));
    }
  });

  it('has a module for its cluster, and can be run', () => {
    const clusters = readdirSync(`${ROOT}/ec2-workers/fanfleet/clusters`);
    expect(clusters).toEqual(
      expect.arrayContaining(Object.values(ENGINES).map(({ cluster }) => `${cluster}.py`)),
    );
    const files = readdirSync(`${ROOT}/ec2-workers/engines`).filter((name) => name.endsWith('.py'));
    expect(files).toEqual(expect.arrayContaining(ENGINE_NAMES.map((name) => `${name}.py`)));
  });
});

describe('lockedVersion', () => {
  const lock =
    'version = 1\n\n[[package]]\nname = "ray-x"\nversion = "9"\n\n[[package]]\nname = "ray"\nversion = "2.59.0"\n';

  it('is that of the package of this very name', () => {
    expect(lockedVersion(lock, 'ray')).toBe('2.59.0');
  });

  it('refuses a package that is not pinned', () => {
    expect(() => lockedVersion(lock, 'dask')).toThrow('VERSION_UNKNOWN');
  });
});

it('has one version of ONNX Runtime in functions and on hosts', async () => {
  const { peerDependencies } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8'));
  expect(await modelRuntimeVersion(ROOT)).toBe(peerDependencies['onnxruntime-node']);
});

describe('enginesCommand', () => {
  it('has a line for each engine and marks the default', async () => {
    const { text, json } = await enginesCommand({ root: ROOT });
    expect(json.engines).toHaveLength(ENGINE_NAMES.length);
    expect(text).toMatch(/^daft \(default\) +daft [\d.]+, ray [\d.]+ +:8265 /m);
    expect(text).toMatch(/^grpc +node [\d.]+, connect [\d.]+ /m);
  });
});
