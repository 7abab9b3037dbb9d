import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(new URL(path, ROOT), 'utf8'));
}

const manifests = ['package.json', 'localstack/ec2/package.json'];
const { packages } = await readJson<Lock>('package-lock.json');

function versionsInLock(name: string): string[] {
  return Object.entries(packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version ?? '');
}

describe('the versions of the packages', () => {
  it.each(manifests)('are exact in %s, and those of the lock file', async (path) => {
    const { dependencies = {}, devDependencies = {} } = await readJson<Manifest>(path);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it.each(['pyproject.toml', 'bench/pyproject.toml'])('are exact in %s', async (path) => {
    const text = await readFile(new URL(path, ROOT), 'utf8');
    const pinned = [...text.matchAll(/"([a-z][\w.-]*)(?:\[[\w,]+\])?([=<>~!][^"]*)?"/g)];
    const requirements = pinned.filter(
      ([, , version]) => version !== undefined && !version.startsWith('>=3.'),
    );
    expect(requirements.length).toBeGreaterThan(5);
    for (const [requirement, , version] of requirements) expect(version, requirement).toMatch(/^==\d/);
  });

  it('are one for all clients of AWS, but for the one that is released too seldom', async () => {
    // AWS releases a client only when its model has changed: this is the newest version that all others have.
    const { dependencies = {} } = await readJson<Manifest>('package.json');
    const { '@aws-sdk/client-pricing': pricing, ...others } = Object.fromEntries(
      Object.entries(dependencies).filter(([name]) => /^@aws-sdk\/(client-|lib-)/.test(name)),
    );
    const versions = [...new Set(Object.values(others))];
    expect(Object.keys(others).length).toBeGreaterThan(5);
    expect(versions).toHaveLength(1);
    expect(minor(pricing)).toBeLessThanOrEqual(minor(versions[0]));
  });

  it.each(['@aws-sdk/core', '@aws-sdk/types', '@smithy/core', '@smithy/types', '@smithy/node-http-handler'])(
    'are such that all clients of AWS share one copy of %s',
    (name) => {
      expect(versionsInLock(name)).toHaveLength(1);
    },
  );
});

function minor(version: string | undefined): number {
  return Number(version?.split('.')[1]);
}
