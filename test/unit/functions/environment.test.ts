import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deploymentOf, fleetSettingsOf, readEnvironment } from '../../../functions/environment.ts';

const LAMBDA = {
  FANFLEET_STAGE: 'prod',
  FANFLEET_DATA_BUCKET: 'data',
  FANFLEET_REQUESTER_PAYS: 'false',
  FANFLEET_RUNS_BUCKET: 'runs',
  FANFLEET_MEASURE_FUNCTION: 'fanfleet-prod-measure',
  FANFLEET_MEASURE_MODEL_FUNCTION: 'fanfleet-prod-measure-model',
  FANFLEET_MEMORY: '1769',
  FANFLEET_CONCURRENCY: '1000',
  FANFLEET_BATCH_SIZE: '100',
  FANFLEET_SCHEDULE: 'parallel',
  FANFLEET_FLEET_HEARTBEAT: '600',
  FANFLEET_NATIVE_KERNELS: 'x64,arm64',
  FANFLEET_MODELS: 'true',
  FANFLEET_INSTANCE_PROFILE: 'profile',
  FANFLEET_SUBNETS: 'default',
  FANFLEET_SECURITY_GROUPS: '',
  FANFLEET_AMI_PARAMETER: '/ami/{architecture}',
  FANFLEET_DASHBOARD_CIDR: '',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
};

beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|FANFLEET)_/.test(name)) vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const stub = (variables: Readonly<Record<string, string | undefined>>) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

describe('fleetSettingsOf', () => {
  it('are those of the default VPC, without dashboards', () => {
    stub(LAMBDA);
    expect(fleetSettingsOf(readEnvironment())).toEqual({
      instanceProfile: 'profile',
      subnets: 'default',
      securityGroups: undefined,
      amiParameter: '/ami/{architecture}',
      dashboardCidr: undefined,
    });
  });

  it('have the subnets and groups of the stack, and the one address that may see the dashboards', () => {
    stub({
      ...LAMBDA,
      FANFLEET_SUBNETS: 'subnet-1, subnet-2',
      FANFLEET_SECURITY_GROUPS: 'sg-1,sg-2',
      FANFLEET_DASHBOARD_CIDR: '192.0.2.7/32',
    });
    expect(fleetSettingsOf(readEnvironment())).toMatchObject({
      subnets: ['subnet-1', 'subnet-2'],
      securityGroups: { head: 'sg-1', worker: 'sg-2' },
      dashboardCidr: '192.0.2.7/32',
    });
  });

  it.each(['0.0.0.0/0', '192.0.2.7', '192.0.2.0/24', '::/32', '999.1.1.1/32'])(
    'open the dashboards to one address only, not to %s',
    (cidr) => {
      stub({ ...LAMBDA, FANFLEET_DASHBOARD_CIDR: cidr });
      expect(() => readEnvironment()).toThrow('Expected IPv4 address with /32, or nothing');
    },
  );
});

describe('readEnvironment', () => {
  it('reads what serverless.yml sets', () => {
    stub(LAMBDA);
    const environment = readEnvironment();
    expect(environment.AWS_ENDPOINT_URL).toBeUndefined();
    expect(deploymentOf(environment)).toEqual({
      stage: 'prod',
      dataBucket: 'data',
      requesterPays: false,
      runsBucket: 'runs',
      measureFunction: 'fanfleet-prod-measure',
      measureModelFunction: 'fanfleet-prod-measure-model',
      models: true,
      memory: 1769,
      concurrency: 1000,
      batchSize: 100,
      schedule: 'parallel',
      fleetHeartbeat: 600,
      nativeKernels: { packedFor: ['x64', 'arm64'], functions: process.arch },
    });
  });

  it('names every variable that is missing or wrong', () => {
    stub({ ...LAMBDA, FANFLEET_STAGE: undefined, FANFLEET_MEMORY: 'much', AWS_ENDPOINT_URL: 'here' });
    for (const name of ['FANFLEET_STAGE', 'FANFLEET_MEMORY', 'AWS_ENDPOINT_URL']) {
      expect(readEnvironment).toThrow(`for \`${name}\``);
    }
  });
});

describe('the wrapper of the functions', () => {
  const load = async () => {
    stub(LAMBDA);
    const runtime = await import('../../../functions/runtime.ts');
    const lines: unknown[][] = [];
    vi.spyOn(runtime.logger, 'error').mockImplementation((...args) => {
      lines.push(args);
    });
    return { ...runtime, lines };
  };

  it('returns what the work returns and logs nothing', async () => {
    const { handler, lines } = await load();
    expect(await handler('double', async (event: number) => 2 * event)(21)).toBe(42);
    expect(lines).toEqual([]);
  });

  it('gives Step Functions the code as the name of the error, and logs no payload', async () => {
    // Prepare
    const { handler, lines } = await load();
    const { FanfleetError } = await import('../../../src/errors.ts');
    const failing = handler('plan', async (_: unknown) => {
      throw new FanfleetError('NO_IMAGES', 'Expected images.', { source: 'user' });
    });

    // Act
    const failure = failing({ taskToken: 'secret' });

    // Assess
    await expect(failure).rejects.toMatchObject({
      name: 'NO_IMAGES',
      message: '[NO_IMAGES] Expected images.',
    });
    expect(lines).toMatchObject([['plan failed', { code: 'NO_IMAGES', source: 'user' }]]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('takes what the SDK throws as the doing of AWS', async () => {
    const { handler, lines } = await load();
    const reason = Object.assign(new Error('Slow down'), { name: 'SlowDown' });
    const failing = handler('plan', async () => {
      throw reason;
    });
    await expect(failing(null)).rejects.toMatchObject({ name: 'SlowDown' });
    expect(lines).toMatchObject([['plan failed', { code: 'SlowDown', source: 'aws' }]]);
  });
});
