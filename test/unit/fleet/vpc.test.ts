import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DASHBOARD_PORTS } from '../../../src/contract/engines.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

interface Rule {
  readonly CidrIp?: string;
  readonly FromPort?: string | number;
  readonly ToPort?: string | number;
}

/** What `sls` puts for `${file(…):a.b.c}`. */
function resolved(value: string | number | undefined): unknown {
  const [, file = '', path = ''] = /^\$\{file\(([^)]+)\):([^}]+)\}$/.exec(String(value)) ?? [];
  if (file === '') return value;
  return path
    .split('.')
    .reduce((found, name) => (found as Record<string, unknown> | undefined)?.[name], JSON.parse(read(file)));
}

/** The rules of resources/vpc.yml that let an address in. */
function openToAnAddress(): Rule[] {
  const ignored = [
    'Equals',
    'Not',
    'And',
    'Condition',
    'GetAtt',
    'Select',
    'GetAZs',
    'Sub',
    'If',
    'Join',
  ].flatMap((name) =>
    ([undefined, 'seq'] as const).map((collection) => ({
      tag: `!${name}`,
      ...(collection && { collection }),
      resolve: () => null,
    })),
  );
  const reference = { tag: '!Ref', resolve: (name: string) => name };
  const { Resources } = parse(read('resources/vpc.yml'), {
    customTags: [...ignored, reference],
    merge: true,
  });
  const resources = Object.values(Resources) as { Type: string; Properties: Rule }[];
  return resources
    .filter(({ Type, Properties: { CidrIp } }) => Type.endsWith('Ingress') && CidrIp !== undefined)
    .map(({ Properties }) => Properties);
}

describe('the network that the stack makes', () => {
  it('opens the dashboards of all engines, as the groups that launch-fleet makes, and nothing else', () => {
    const rules = openToAnAddress();
    const ports = rules.map(({ FromPort }) => resolved(FromPort)).sort();
    expect(ports).toEqual([...DASHBOARD_PORTS].sort());
    expect(rules.map(({ ToPort }) => resolved(ToPort)).sort()).toEqual(ports);
    for (const { CidrIp } of rules) expect(CidrIp).toBe('DashboardCidr');
  });
});
