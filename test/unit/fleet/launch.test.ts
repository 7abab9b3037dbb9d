import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EC2_LIMITS } from '../../../src/aws/limits.ts';
import { readBootScript } from '../../../src/fleet/boot-script.ts';
import { keptVariables } from '../../../src/fleet/kept/keep-fleet.ts';
import { resolveKeptFleet } from '../../../src/fleet/kept/kept-fleet.ts';
import { imageId } from '../../../src/fleet/launch-template.ts';
import { parameterName } from '../../../src/fleet/secrets.ts';
import { userData } from '../../../src/fleet/user-data.ts';
import { dashboardVariables, fleetVariables, scalingVariables } from '../../../src/fleet/variables.ts';
import { resolveRun } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';
import { leastRequest } from '../workloads/least-request.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const run = (fields: object = {}) => resolveRun({ prefix: 'x/', ...fields }, 'r1', 0, DEPLOYMENT);
const GROWING = { engine: 'grpc', workers: 1, workersMax: 3 };
const bundle = { key: 'fleet-bundles/abc.tar.gz', sha256: 'f'.repeat(64), body: Buffer.alloc(0) };
const variables = (fields: object = {}, endpoint?: string) =>
  fleetVariables({ run: run(fields), round: 1, region: 'eu-west-1', endpoint, bundle });

describe('imageId', () => {
  it.each([
    ['t4g.medium', 'arm64'],
    ['c7g.large', 'arm64'],
    ['c7gn.xlarge', 'arm64'],
    ['m8gd.2xlarge', 'arm64'],
    ['im4gn.large', 'arm64'],
    ['x2gd.medium', 'arm64'],
    ['g5g.xlarge', 'arm64'],
    ['a1.medium', 'arm64'],
    ['t3.medium', 'amd64'],
    ['c6i.large', 'amd64'],
    ['c7a.large', 'amd64'],
    ['g5.xlarge', 'amd64'],
    ['g4dn.xlarge', 'amd64'],
    ['m5zn.large', 'amd64'],
    ['u-6tb1.112xlarge', 'amd64'],
  ])('of %s is the image for %s', (type, architecture) => {
    expect(imageId('/images/{architecture}/ami-id', type)).toBe(`resolve:ssm:/images/${architecture}/ami-id`);
  });
});

describe('fleetVariables', () => {
  it('have all that docs/architecture.md lists', async () => {
    // Prepare
    const page = await readFile(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
    const table = page
      .slice(page.indexOf('## The fleet'))
      .split('\n')
      .filter((line) => line.startsWith('| `FANFLEET_'));
    const documented = table.flatMap(
      (line) => (line.split('|')[1] ?? '').match(/FANFLEET_[A-Z0-9_]+/g) ?? [],
    );

    // Act
    const names = Object.keys({
      ...variables({ workload: leastRequest('classify') }, 'http://127.0.0.1:4566'),
      ...scalingVariables({ run: run(GROWING), ec2Endpoint: 'http://127.0.0.1:4577' }, ['subnet-1']),
      ...keptVariables({
        fleet: resolveKeptFleet({}, 'kept.1', 0, { ...DEPLOYMENT, version: '1' }),
        region: 'us-east-1',
        endpoint: undefined,
        bundle: { key: '', sha256: '' },
      }),
      ...dashboardVariables('192.0.2.7/32'),
      FANFLEET_HEAD_ADDRESS: '',
    });

    // Assess
    expect(documented.length).toBeGreaterThan(15);
    expect(documented.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('ask for what runs models only where there is one, and not for the program, which fetches it', () => {
    const workload = leastRequest('classify');
    expect(variables({ workload })).toMatchObject({ FANFLEET_MODELS: 'true' });
    expect(variables()).not.toHaveProperty('FANFLEET_MODELS');
    expect(variables({ workload, engine: 'grpc' })).not.toHaveProperty('FANFLEET_MODELS');
  });

  it('have an endpoint only offline', () => {
    expect(variables()).not.toHaveProperty('FANFLEET_ENDPOINT_URL');
    expect(variables({}, 'http://127.0.0.1:1')).toMatchObject({
      FANFLEET_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
  });

  it('tell the head where to start more workers, only if it may', () => {
    const subnets = ['subnet-1', 'subnet-2'];
    expect(scalingVariables({ run: run({ engine: 'grpc' }) }, subnets)).toEqual({});
    expect(scalingVariables({ run: run(GROWING) }, subnets)).toEqual({
      FANFLEET_SCALING_SUBNETS: 'subnet-1,subnet-2',
    });
  });

  it('ask for a dashboard only where somebody may open it', () => {
    expect(dashboardVariables(undefined)).toEqual({});
    expect(dashboardVariables('192.0.2.7/32')).toEqual({ FANFLEET_DASHBOARD: 'true' });
  });

  it('let an instance live longer than the job, and never wait for workers until the deadline', () => {
    expect(variables({ fleetDeadline: 3600 })).toMatchObject({
      FANFLEET_JOIN_DEADLINE_S: '300',
      FANFLEET_JOB_DEADLINE_S: '3600',
      FANFLEET_DEADLINE_S: '4200',
    });
    expect(variables({ fleetDeadline: 61 })).toMatchObject({ FANFLEET_JOIN_DEADLINE_S: '30' });
  });

  it.each(['head', 'worker'] as const)(
    'fit into the user data of the %s with its real script',
    async (role) => {
      const script = await readBootScript(ROOT, role);
      const data = userData(script, {
        ...variables({ workload: leastRequest('classify') }, 'http://127.0.0.1:4566'),
        FANFLEET_HEAD_ADDRESS: '10.0.0.1',
      });
      expect(Buffer.from(data, 'base64').length).toBeLessThan(EC2_LIMITS.userDataBytes);
    },
  );
});

describe('parameterName', () => {
  it('is apart for each stage, run and round', () => {
    const names = ['a', 'b'].flatMap((stage) =>
      ['r', 's'].flatMap((id) => [0, 1].map((round) => parameterName(stage, id, round))),
    );
    expect(new Set(names).size).toBe(8);
    expect(names[0]).toBe('/fanfleet/a/r/round-0');
  });
});
