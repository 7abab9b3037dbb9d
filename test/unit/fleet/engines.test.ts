import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { enginesCommand } from '../../../src/cli/commands/engines.ts';
import { listEngines, lockedVersion } from '../../../src/fleet/engines.ts';
import { engineSchema } from '../../../src/run/request.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe('listEngines', () => {
  it('has every engine that can be asked for, with a version of each package, and one default', async () => {
    const engines = await listEngines(ROOT);
    expect(engines.map(({ name }) => name)).toEqual(engineSchema.options);
    for (const { versions, does } of engines) {
      expect(Object.keys(versions)).not.toEqual([]);
      for (const version of Object.values(versions)) expect(version).toMatch(/^\d+(\.\d+)+/);
      expect(does).toEqual(['statistics', 'normalise', 'shards']);
    }
    expect(engines.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual(['daft']);
  });

  it('has what can be run', () => {
    const files = readdirSync(`${ROOT}/ec2-workers/engines`).filter((name) => name.endsWith('.py'));
    expect(files).toEqual(expect.arrayContaining(engineSchema.options.map((name) => `${name}.py`)));
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

describe('enginesCommand', () => {
  it('has a line for each engine and marks the default', async () => {
    const { text, json } = await enginesCommand({ root: ROOT });
    expect(json.engines).toHaveLength(engineSchema.options.length);
    expect(text).toMatch(/^daft \(default\) +daft [\d.]+, ray [\d.]+ +:8265 /m);
    expect(text).toMatch(/^grpc +node [\d.]+, connect [\d.]+ /m);
  });
});
