export type Architecture = 'arm64' | 'amd64';

/** The processors by the names of Node. */
export const CPUS = { amd64: 'x64', arm64: 'arm64' } as const satisfies Record<Architecture, string>;

/** The processor of an instance type. Graviton families have a `g` behind the generation's number: t4g, c7gn, m8gd. */
export function architecture(instanceType: string): Architecture {
  const family = instanceType.split('.')[0] ?? '';
  // The old a1 is Graviton too.
  return /^[a-z]+\d+g[a-z]*$/.test(family) || family === 'a1' ? 'arm64' : 'amd64';
}
