import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateCommand,
  DeleteLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSubnetsCommand,
  type Instance,
  type RequestLaunchTemplateData,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostControl } from '../../../localstack/ec2/control-client.ts';
import { capacityFrom } from '../../../localstack/ec2/state/capacity.ts';
import { clientOf, ids, imageFor, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const shared = useEc2Endpoint({
  delays: { spotNoticeMs: 2_000 },
  capacityOf: capacityFrom([
    'c7g.xlarge=0',
    'c7g.large@us-east-1a=0',
    'spot:c7g.large@us-east-1b=3',
    'spot:c7g.large@us-east-1c=1',
    'on-demand:c7g.large@us-east-1b=1',
  ]),
});
const { launch, describeAll, allIn, consoleWith, terminate } = shared;

describe('fleets from launch templates', () => {
  let subnets: string[] = [];
  let made = 0;
  beforeAll(async () => {
    const { Subnets = [] } = await shared.ec2.send(new DescribeSubnetsCommand());
    subnets = Subnets.toSorted((a, b) =>
      (a.AvailabilityZone ?? '') < (b.AvailabilityZone ?? '') ? -1 : 1,
    ).map(({ SubnetId = '' }) => SubnetId);
  });

  async function template(
    data: RequestLaunchTemplateData = {},
    name = `template-${++made}`,
  ): Promise<string> {
    const { LaunchTemplate } = await shared.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        LaunchTemplateData: {
          ImageId: imageFor('c7g.large'),
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'from', Value: name }] }],
          ...data,
        },
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'kind', Value: 'test' }] }],
      }),
    );
    return LaunchTemplate?.LaunchTemplateId ?? '';
  }

  async function createFleet(
    templateId: string,
    types: readonly string[],
    count: number,
    more: Partial<CreateFleetCommandInput> = {},
    market: 'on-demand' | 'spot' = 'on-demand',
  ) {
    const answer = await shared.ec2.send(
      new CreateFleetCommand({
        Type: 'instant',
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: { LaunchTemplateId: templateId, Version: '$Latest' },
            Overrides: types.flatMap((InstanceType, Priority) =>
              subnets.map((SubnetId) => ({
                InstanceType: InstanceType as 't3.medium',
                SubnetId,
                ...(market === 'spot' ? {} : { Priority }),
              })),
            ),
          },
        ],
        TargetCapacitySpecification: { TotalTargetCapacity: count, DefaultTargetCapacityType: market },
        OnDemandOptions: { AllocationStrategy: 'prioritized' },
        SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
        ...more,
      }),
    );
    const instances: Instance[] = (answer.Instances ?? []).flatMap(({ InstanceIds = [] }) =>
      InstanceIds.map((InstanceId) => ({ InstanceId })),
    );
    return { instances, errors: answer.Errors ?? [] };
  }

  const places = (instances: readonly Instance[]) =>
    instances.map(({ InstanceType, Placement }) => `${InstanceType} ${Placement?.AvailabilityZone}`);

  it('fall through types and zones by priority, and tell which had no room', async () => {
    const id = await template();
    const { instances, errors } = await createFleet(id, ['c7g.xlarge', 'c7g.large'], 3);
    const found = await allIn('running', instances);
    expect(places(found).toSorted()).toEqual([
      'c7g.large us-east-1b',
      'c7g.large us-east-1c',
      'c7g.large us-east-1c',
    ]);
    expect(
      errors.map(({ ErrorCode, LaunchTemplateAndOverrides }) => [
        ErrorCode,
        LaunchTemplateAndOverrides?.Overrides?.InstanceType,
        subnets.indexOf(LaunchTemplateAndOverrides?.Overrides?.SubnetId ?? ''),
      ]),
    ).toEqual([
      ['InsufficientInstanceCapacity', 'c7g.xlarge', 0],
      ['InsufficientInstanceCapacity', 'c7g.xlarge', 1],
      ['InsufficientInstanceCapacity', 'c7g.xlarge', 2],
      ['InsufficientInstanceCapacity', 'c7g.large', 0],
      ['InsufficientInstanceCapacity', 'c7g.large', 1],
    ]);
    expect(found[0]?.Tags).toContainEqual({ Key: 'aws:ec2launchtemplate:id', Value: id });
    expect(found[0]?.Tags).toContainEqual({ Key: 'from', Value: 'template-1' });
    await terminate(instances);
  });

  it('of Spot instances come from the pools with the most room, and give what there is', async () => {
    const { instances, errors } = await createFleet(await template(), ['c7g.large'], 6, {}, 'spot');
    const found = await describeAll(instances);
    expect(places(found).toSorted()).toEqual([
      ...Array(3).fill('c7g.large us-east-1b'),
      'c7g.large us-east-1c',
    ]);
    for (const each of found) {
      expect(each.InstanceLifecycle).toBe('spot');
      expect(each.SpotInstanceRequestId).toMatch(/^sir-[0-9a-f]{8}$/);
    }
    expect(errors.every(({ Lifecycle }) => Lifecycle === 'spot')).toBe(true);
    const spot = { Filters: [{ Name: 'instance-lifecycle', Values: ['spot'] }] };
    const { Reservations = [] } = await shared.ec2.send(new DescribeInstancesCommand(spot));
    expect(Reservations.flatMap(({ Instances = [] }) => Instances)).toHaveLength(4);
    await terminate(instances);
  });

  it('launch nothing where less than the least can be had, or where EC2 refuses what is asked', async () => {
    const id = await template();
    const least = { OnDemandOptions: { AllocationStrategy: 'prioritized', MinTargetCapacity: 1 } } as const;
    const none = await createFleet(id, ['c7g.xlarge'], 1, least);
    expect(none.instances).toEqual([]);
    const wrong = await createFleet(id, ['t3.medium'], 1);
    expect(wrong.instances).toEqual([]);
    expect(wrong.errors[0]).toMatchObject({
      ErrorCode: 'InvalidParameterValue',
      ErrorMessage: expect.stringContaining("The architecture 'x86_64'"),
    });
  });

  it('are made once for a ClientToken', async () => {
    const id = await template();
    const ClientToken = 'fleet-1';
    const first = await createFleet(id, ['c7g.medium'], 2, { ClientToken });
    expect(await createFleet(id, ['c7g.medium'], 2, { ClientToken })).toEqual(first);
    await expect(createFleet(id, ['c7g.medium'], 3, { ClientToken })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
    await terminate(first.instances);
  });

  it('need a template that is there, of a name that is free', async () => {
    const id = await template({}, 'named');
    await expect(template({}, 'named')).rejects.toMatchObject({
      name: 'InvalidLaunchTemplateName.AlreadyExistsException',
    });
    const Filters = [{ Name: 'tag:kind', Values: ['test'] }];
    const { LaunchTemplates = [] } = await shared.ec2.send(new DescribeLaunchTemplatesCommand({ Filters }));
    expect(LaunchTemplates.map(({ LaunchTemplateName }) => LaunchTemplateName)).toContain('named');
    await shared.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
    await expect(createFleet(id, ['c7g.large'], 1)).rejects.toMatchObject({
      name: 'InvalidLaunchTemplateId.NotFound',
    });
  });
});

describe('capacity', () => {
  it('of a pool that is full is refused to RunInstances', async () => {
    await expect(launch(undefined, { InstanceType: 'c7g.xlarge' })).rejects.toMatchObject({
      name: 'InsufficientInstanceCapacity',
      $metadata: { httpStatusCode: 500 },
    });
    const first = await launch(undefined, { Placement: { AvailabilityZone: 'us-east-1b' } });
    await expect(launch(undefined, { Placement: { AvailabilityZone: 'us-east-1b' } })).rejects.toMatchObject({
      name: 'InsufficientInstanceCapacity',
    });
    // Without a zone EC2 takes one that has room.
    const second = await launch(undefined);
    expect(second[0]?.Placement?.AvailabilityZone).toBe('us-east-1c');
    await terminate([...first, ...second]);
  });
});

describe('a Spot instance', () => {
  const script = `
    imds=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
    token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/api/token")
    get() { curl -s -o "$TMPDIR/answer" -w '%{http_code} ' -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"; cat "$TMPDIR/answer"; echo; }
    echo "cycle=$(get instance-life-cycle)"
    echo "before=$(get spot/instance-action)"
    echo waiting
    until get spot/termination-time | grep -q '^200 '; do sleep 0.1; done
    echo "notice=$(get spot/instance-action)"
    echo told
    sleep 600`;

  it('is told before it is taken back, and then terminated', async () => {
    // Prepare
    const instances = await launch(script, { InstanceMarketOptions: { MarketType: 'spot' } });
    const [id = ''] = ids(instances);
    await consoleWith(instances[0], 'waiting');

    // Act
    await hostControl(shared.url).spotNotice(id);
    const output = await consoleWith(instances[0], 'told');
    const [ended] = await allIn('terminated', instances);

    // Assess
    expect(output).toContain('cycle=200 spot');
    expect(output).toMatch(/before=404/);
    const notice = JSON.parse(/notice=200 (.*)/.exec(output)?.[1] ?? '');
    expect(notice).toEqual({
      action: 'terminate',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(ended?.StateReason?.Code).toBe('Server.SpotInstanceTermination');
  });

  it('may be terminated before; an On-Demand instance gets no notice', async () => {
    const slow = await shared.start('slow');
    const client = clientOf(slow.url);
    const control = hostControl(slow.url);
    const market = { InstanceMarketOptions: { MarketType: 'spot' } } as const;
    const spot = await launch(undefined, market, client);
    await control.spotNotice(ids(spot)[0] ?? '');
    await client.send(new TerminateInstancesCommand({ InstanceIds: ids(spot) }));
    const [ended] = await allIn('terminated', spot, client);
    expect(ended?.StateReason?.Code).toBe('Client.UserInitiatedShutdown');
    await expect(control.spotNotice(ids(spot)[0] ?? '')).rejects.toThrow('IncorrectInstanceState');
    const onDemand = await launch(undefined, {}, client);
    await expect(control.spotNotice(ids(onDemand)[0] ?? '')).rejects.toThrow('UnsupportedOperation');
    await slow.close();
  });
});
