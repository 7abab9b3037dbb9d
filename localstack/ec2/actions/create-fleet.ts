import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { newId } from '../api/ids.ts';
import { booleanText, clientToken, common, integerText, tagSpecifications } from '../api/input.ts';
import type { Market } from '../state/capacity.ts';
import type { Instance } from '../state/instance.ts';
import type { LaunchTemplate } from '../state/launch-templates.ts';
import { type Action, type Answer, action, type Ec2Context } from './action.ts';
import { type FleetPool, planFleet } from './fleet-plan.ts';
import { launchInstances } from './launch-instances.ts';
import { checkLaunch } from './launch-spec.ts';
import { tagMap } from './views.ts';

const specification = z.strictObject({
  LaunchTemplateId: z.string().optional(),
  LaunchTemplateName: z.string().optional(),
  Version: z.enum(['$Latest', '$Default', '1']),
});

const override = z.strictObject({
  InstanceType: z.string().optional(),
  SubnetId: z.string().optional(),
  ImageId: z.string().optional(),
  Priority: z
    .string()
    .regex(/^[0-9]+(\.[0-9]+)?$/)
    .transform(Number)
    .optional(),
});
type Override = z.output<typeof override>;

const minimum = {
  SingleInstanceType: booleanText.optional(),
  SingleAvailabilityZone: booleanText.optional(),
  MinTargetCapacity: integerText(1, 1_000).optional(),
};

const input = z.strictObject({
  ...common,
  Type: z.literal('instant', 'Only fleets of the type instant can be made here.'),
  ClientToken: clientToken,
  LaunchTemplateConfigs: z
    .array(
      z.strictObject({
        LaunchTemplateSpecification: specification,
        Overrides: z.array(override).max(300).default([]),
      }),
    )
    .min(1)
    .max(50),
  TargetCapacitySpecification: z.strictObject({
    TotalTargetCapacity: integerText(1, 1_000),
    DefaultTargetCapacityType: z.enum(['on-demand', 'spot']).default('on-demand'),
  }),
  SpotOptions: z
    .strictObject({
      ...minimum,
      AllocationStrategy: z
        .enum([
          'price-capacity-optimized',
          'capacity-optimized',
          'capacity-optimized-prioritized',
          'lowest-price',
          'diversified',
        ])
        .default('lowest-price'),
      InstanceInterruptionBehavior: z.literal('terminate').optional(),
    })
    .prefault({}),
  OnDemandOptions: z
    .strictObject({
      ...minimum,
      AllocationStrategy: z.enum(['lowest-price', 'prioritized']).default('lowest-price'),
    })
    .prefault({}),
  TagSpecification: tagSpecifications,
});
type Input = z.output<typeof input>;

/** What a pool was asked for as. */
interface Origin {
  template: LaunchTemplate;
  override: Override;
}

/** Instances of one kind, all at once: what cannot be launched is told in the answer, not tried again. */
export const createFleet: Action = action(input, (request, context) =>
  context.fleetTokens.once(request, () => launchFleet(request, context)),
);

async function launchFleet(request: Input, context: Ec2Context): Promise<Answer> {
  const { TotalTargetCapacity: target, DefaultTargetCapacityType: market } =
    request.TargetCapacitySpecification;
  const options = market === 'spot' ? request.SpotOptions : request.OnDemandOptions;
  const fleetId = newId('fleet');
  const { pools, refused } = await poolsOf(request, market, fleetId, context);
  const plan = planFleet(pools, target, options.AllocationStrategy, context);
  const failures = [...refused, ...plan.failures.map(({ pool, error }) => ({ origin: pool.key, error }))];
  const planned = plan.launches.reduce((sum, { count }) => sum + count, 0);
  const launches = planned < (options.MinTargetCapacity ?? 0) ? [] : plan.launches;
  const launched: { origin: Origin; instances: Instance[] }[] = [];
  for (const { pool, count } of launches) {
    try {
      const instances = await launchInstances(pool.spec, { least: 1, most: count }, context);
      launched.push({ origin: pool.key, instances });
    } catch (reason) {
      if (!(reason instanceof Ec2Error)) throw reason;
      failures.push({ origin: pool.key, error: reason });
    }
  }
  return {
    fleetId,
    errorSet: failures.map(({ origin, error }) => ({
      ...originView(origin),
      lifecycle: market,
      errorCode: error.code,
      errorMessage: error.detail,
    })),
    fleetInstanceSet: launched.map(({ origin, instances }) => ({
      ...originView(origin),
      lifecycle: market,
      instanceIds: instances.map(({ id }) => id),
      instanceType: instances[0]?.spec.type.name,
    })),
  };
}

/** A pool for each subnet of each override; what EC2 would refuse to launch is an error of that override alone. */
async function poolsOf(request: Input, market: Market, fleetId: string, context: Ec2Context) {
  const pools: FleetPool<Origin>[] = [];
  const refused: { origin: Origin; error: Ec2Error }[] = [];
  for (const { LaunchTemplateSpecification, Overrides } of request.LaunchTemplateConfigs) {
    const template = context.templates.get(LaunchTemplateSpecification);
    for (const each of Overrides.length > 0 ? Overrides : [{}]) {
      const { InstanceType, ImageId, SubnetId, Priority }: Override = each;
      const origin = { template, override: each };
      const data = {
        ...template.data,
        ...(InstanceType === undefined ? {} : { InstanceType }),
        ...(ImageId === undefined ? {} : { ImageId }),
        ...(market === 'spot' ? { InstanceMarketOptions: { MarketType: 'spot' as const } } : {}),
      };
      try {
        const spec = await checkLaunch(data, SubnetId, context);
        const tags = tagMap([
          ...request.TagSpecification.filter(({ ResourceType }) => ResourceType === 'instance').flatMap(
            ({ Tag }) => Tag,
          ),
          { Key: 'aws:ec2:fleet-id', Value: fleetId },
          { Key: 'aws:ec2launchtemplate:id', Value: template.id },
          { Key: 'aws:ec2launchtemplate:version', Value: '1' },
        ]);
        for (const subnet of spec.subnets) {
          const inSubnet = { ...spec, subnets: [subnet], tags: new Map([...spec.tags, ...tags]) };
          pools.push({ spec: inSubnet, priority: Priority, key: origin });
        }
      } catch (reason) {
        if (!(reason instanceof Ec2Error)) throw reason;
        refused.push({ origin, error: reason });
      }
    }
  }
  return { pools, refused };
}

function originView({ template, override }: Origin) {
  const { InstanceType, SubnetId, ImageId, Priority } = override;
  return {
    launchTemplateAndOverrides: {
      launchTemplateSpecification: { launchTemplateId: template.id, version: '1' },
      overrides: { instanceType: InstanceType, subnetId: SubnetId, imageId: ImageId, priority: Priority },
    },
  };
}
