import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DASHBOARD_PORTS } from '../../src/contract/engines.ts';
import { KERNEL_WASM } from '../../src/kernel/wasm/kernel-wasm.ts';
import { type Packed, packForAws, type Resource, type Template, zipContents } from '../support/packed.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MIB = 1024 * 1024;

/**
 * Rules of cfn-lint that the template may break.
 * W3005: osls writes `DependsOn` of the role into each function, beside the `GetAtt` that says the same.
 */
const IGNORED = ['W3005'];

const OF_THE_STACK = { CompatibleRuntimes: ['nodejs24.x'], CompatibleArchitectures: ['arm64'] };
const PACKAGES = 'nodejs/node_modules';

let packed: Packed;
let folder: string;
let template: Template;
let output: string;

beforeAll(async () => {
  packed = await packForAws();
  ({ folder, template, output } = packed);
  // Half a minute on a machine that has nothing else to do.
}, 300_000);
afterAll(() => packed?.remove());

function resources(type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

const contents = (name: string) => zipContents(folder, name);

describe('the template', () => {
  it('has no errors and no warnings of cfn-lint', () => {
    const { status, stdout, stderr } = spawnSync(
      join(ROOT, '.venv/bin/cfn-lint'),
      ['--ignore-checks', ...IGNORED, '--', join(folder, 'cloudformation-template-update-stack.json')],
      { encoding: 'utf8', timeout: 60_000 },
    );
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('says the same architecture, runtime and state machine for all', () => {
    const functions = resources('AWS::Lambda::Function');
    expect(functions).toHaveLength(13);
    for (const [, { Properties }] of functions) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(JSON.stringify(Properties.Environment)).not.toContain('127.0.0.1');
    }
    expect(resources('AWS::StepFunctions::StateMachine').map(([name]) => name)).toEqual([
      'Benchmark',
      'Fleets',
      'Nightly',
    ]);
  });

  it('tells the functions for which processors the native kernel is packed', () => {
    const packed = ['arm64', 'x64'].filter((cpu) =>
      existsSync(join(ROOT, `native/dist/linux-${cpu}/kernel.node`)),
    );
    const { Properties } = template.Resources.ValidateLambdaFunction as Resource;
    expect(Properties.Environment).toMatchObject({
      Variables: { FANFLEET_NATIVE_KERNELS: packed.join(',') },
    });
  });

  it('has a schedule only where one is asked for, which may start the nightly machine and nothing else', () => {
    const [[, schedule] = []] = resources('AWS::Scheduler::Schedule');
    expect(schedule).toMatchObject({
      Condition: 'Nightly',
      Properties: { ScheduleExpression: { Ref: 'NightlySchedule' }, Target: { Arn: { Ref: 'Nightly' } } },
    });
    expect(template.Parameters.NightlySchedule?.Default).toBe('');
    const { Condition, Properties } = template.Resources.NightlyScheduleRole as Resource;
    expect(Condition).toBe('Nightly');
    expect(Properties.Policies).toMatchObject([
      {
        PolicyDocument: {
          Statement: [{ Effect: 'Allow', Action: 'states:StartExecution', Resource: { Ref: 'Nightly' } }],
        },
      },
    ]);
  });

  it('opens no bucket, and keeps them when the stack goes', () => {
    const buckets = resources('AWS::S3::Bucket').filter(([name]) => name !== 'ServerlessDeploymentBucket');
    expect(buckets.map(([name]) => name).toSorted()).toEqual(['DataBucket', 'RunsBucket']);
    for (const [, bucket] of buckets) {
      expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
  });

  it('lets nothing in from the internet, unless one address may open the dashboards', () => {
    const rules = resources('AWS::EC2::SecurityGroupIngress');
    const withAddress = rules.filter(([, { Properties }]) => Properties.CidrIp ?? Properties.CidrIpv6);
    // The others are between the groups of the fleet itself.
    expect(rules).toHaveLength(3 + DASHBOARD_PORTS.length);
    const opened = withAddress.map(([, { Properties }]) => Properties.FromPort);
    expect(opened.toSorted()).toEqual(DASHBOARD_PORTS.toSorted());
    for (const [, resource] of withAddress) {
      expect(resource).toMatchObject({
        Condition: 'OwnNetworkWithDashboards',
        Properties: { CidrIp: { Ref: 'DashboardCidr' } },
      });
    }
    const groups = resources('AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(2);
    for (const [, { Properties }] of groups) expect(Properties).not.toHaveProperty('SecurityGroupIngress');
    const { AllowedPattern, Default } = template.Parameters.DashboardCidr ?? {};
    expect(Default).toBe('');
    for (const wide of ['0.0.0.0/0', '10.0.0.0/8', '192.0.2.7'])
      expect(wide).not.toMatch(new RegExp(AllowedPattern ?? ''));
    expect('192.0.2.7/32').toMatch(new RegExp(AllowedPattern ?? ''));
  });

  it('has public subnets in two zones, with S3 within the network', () => {
    const subnets = resources('AWS::EC2::Subnet').map(([, { Properties }]) => Properties);
    expect(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
      { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
      { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] },
    ]);
    expect(resources('AWS::EC2::VPCEndpoint').map(([, { Properties }]) => Properties)).toMatchObject([
      { VpcEndpointType: 'Gateway', RouteTableIds: [{ Ref: 'RouteTable' }] },
    ]);
    const conditions = resources('AWS::EC2::Subnet').map(([, { Condition }]) => Condition);
    expect(conditions).toEqual(['OwnNetwork', 'OwnNetwork']);
  });

  it('gives the instances S3 on the two buckets, their secrets, and states:SendTask* only', () => {
    const role = template.Resources.FleetRole?.Properties as {
      ManagedPolicyArns?: unknown;
      Policies: { PolicyDocument: { Statement: { Action: string | string[] }[] } }[];
    };
    const actions = role.Policies.flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.flatMap(({ Action }) => Action),
    );
    expect([...new Set(actions)].toSorted()).toEqual([
      's3:AbortMultipartUpload',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'ssm:GetParameter',
      'states:SendTaskFailure',
      'states:SendTaskHeartbeat',
      'states:SendTaskSuccess',
    ]);
    expect(role.ManagedPolicyArns).toBeUndefined();
  });
});

describe.each([
  ['measure', 'measure'],
  ['measureModel', 'measure-model'],
  ['baseline', 'baseline'],
  ['prepare', 'prepare'],
])('%s.zip', (name, source) => {
  it('is its bundle, and the native kernel for its processor where that was built', () => {
    const addon = 'native/dist/linux-arm64/kernel.node';
    const built = existsSync(join(ROOT, addon));
    expect([...contents(name).keys()].toSorted()).toEqual([
      `functions/${source}.js`,
      'native/THIRD-PARTY.txt',
      ...(built ? [addon] : []),
    ]);
    expect(output).toContain(built ? `Packing the native kernel (${addon})` : 'Packing the portable kernel');
  });

  it('is small: sharp is in a layer', async () => {
    expect((await stat(join(folder, `${name}.zip`))).size).toBeLessThan(3 * MIB);
    // Its cold starts are many: the SDK, or zod, would be felt. The WebAssembly is only text until it is needed.
    const code = (contents('measure').get('functions/measure.js') ?? 0) - KERNEL_WASM.length;
    expect(code).toBeGreaterThan(0);
    expect(code).toBeLessThan(MIB / 8);
    const attached = resources('AWS::Lambda::Function').filter(([, { Properties }]) => Properties.Layers);
    expect(attached.map(([logicalId]) => logicalId).toSorted()).toEqual([
      'BaselineLambdaFunction',
      'MeasureLambdaFunction',
      'MeasureModelLambdaFunction',
      'PrepareLambdaFunction',
    ]);
  });
});

describe('sharp.zip', () => {
  it('has sharp where Node finds it, for the processor that it will run on, and for no other', async () => {
    const files = [...contents('sharp').keys()];
    expect(files).toContain('nodejs/node_modules/sharp/package.json');
    const native = files.filter((file) => /\.(node|so|dylib|dll)(\.|$)/.test(file));
    expect(native.map((file) => file.split('/')[3]).toSorted()).toEqual([
      'sharp-libvips-linux-arm64',
      'sharp-linux-arm64',
    ]);
    expect((await stat(join(folder, 'sharp.zip'))).size).toBeLessThan(10 * MIB);
  });

  it('is a layer for the functions and the processor of the stack', () => {
    const { Properties } = template.Resources.SharpLambdaLayer as Resource;
    expect(Properties).toMatchObject(OF_THE_STACK);
  });
});

describe('onnxruntime.zip', () => {
  it('has what is loaded for the processor that it will run on, and for no other, with its licences', async () => {
    const files = contents('onnxruntime');
    expect([...files.keys()].filter((file) => /\.(node|so|dylib|dll)(\.|$)/.test(file)).toSorted()).toEqual([
      `${PACKAGES}/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1`,
      `${PACKAGES}/onnxruntime-node/bin/napi-v6/linux/arm64/onnxruntime_binding.node`,
    ]);
    for (const name of ['LICENSE', 'ThirdPartyNotices.txt', 'package.json', 'dist/index.js'])
      expect(files.has(`${PACKAGES}/onnxruntime-node/${name}`)).toBe(true);
    expect([...files.keys()].filter((file) => /\.(ts|map)$|\/script\//.test(file))).toEqual([]);
    const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(60 * MIB);
    expect((await stat(join(folder, 'onnxruntime.zip'))).size).toBeLessThan(20 * MIB);
  });

  it('is a layer of the functions that run models', () => {
    const { Properties } = template.Resources.OnnxruntimeLambdaLayer as Resource;
    expect(Properties).toMatchObject(OF_THE_STACK);
    const layersOf = (name: string) => template.Resources[name]?.Properties.Layers;
    for (const name of ['MeasureModelLambdaFunction', 'BaselineLambdaFunction', 'PrepareLambdaFunction'])
      expect(layersOf(name)).toEqual([{ Ref: 'SharpLambdaLayer' }, { Ref: 'OnnxruntimeLambdaLayer' }]);
    // Its cold starts shall not pay for it.
    expect(layersOf('MeasureLambdaFunction')).toEqual([{ Ref: 'SharpLambdaLayer' }]);
  });
});

describe('the other zips', () => {
  it.each(['validate', 'configureMemory', 'plan', 'terminateFleet', 'aggregate', 'reduce', 'report'])(
    '%s.zip is its bundle and nothing else',
    async (name) => {
      expect([...contents(name).keys()]).toEqual([expect.stringMatching(/^functions\/[a-z-]+\.js$/)]);
      expect((await stat(join(folder, `${name}.zip`))).size).toBeLessThan(MIB);
    },
  );

  it('launchFleet.zip has what the instances fetch, as it is in the repository', () => {
    // Prepare
    const sources = ['ec2-workers', ':!ec2-workers/grpc-program'];
    const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...sources], {
      cwd: ROOT,
      encoding: 'utf8',
    });

    // Act
    const files = [...contents('launchFleet').keys()].filter(
      (file) => !/^(functions|native|\.layers)\/|^ec2-workers\/grpc\//.test(file),
    );

    // Assess
    const wanted = [...tracked.trim().split('\n'), 'pyproject.toml', 'uv.lock'];
    expect(files.toSorted()).toEqual(wanted.toSorted());
    expect(files.filter((file) => /__pycache__|\.pyc$/.test(file))).toEqual([]);
    expect(files).toContain('ec2-workers/head_bootstrap.sh');
  });

  it('launchFleet.zip has the gRPC program, for both processors that instances have', () => {
    const files = [...contents('launchFleet').keys()];
    expect(files).toContain('ec2-workers/grpc/main.mjs');
    for (const cpu of ['arm64', 'x64']) {
      const packages = `.layers/sharp-linux-${cpu}/nodejs/node_modules`;
      expect(files).toContain(`${packages}/sharp/package.json`);
      expect(files).toContain(`${packages}/@img/sharp-linux-${cpu}/package.json`);
      for (const name of ['packed.json', 'packed.tar.gz'])
        expect(files).toContain(`.layers/onnxruntime-linux-${cpu}/${name}`);
      expect(files).toContain('native/THIRD-PARTY.txt');
      const addon = `native/dist/linux-${cpu}/kernel.node`;
      expect(files.includes(addon)).toBe(existsSync(join(ROOT, addon)));
    }
  });
});
