import {
  type _InstanceType,
  CreateFleetCommand,
  type CreateFleetCommandInput,
  type EC2Client,
  type FleetLaunchTemplateSpecificationRequest,
} from '@aws-sdk/client-ec2';
import type { Market } from '../contract/market.ts';
import { FanfleetError } from '../errors.ts';
import { clientToken } from './client-token.ts';
import type { FleetOrder } from './fleet-order.ts';
import type { Role } from './tags.ts';

/** How many instances of a role, from where and at which terms. */
export interface Demand {
  readonly role: Role;
  /** Which call for this role: made again, it starts nothing more. @default 0, that of the launch */
  readonly call?: number;
  readonly count: number;
  readonly market: Market;
  readonly template: Pick<FleetLaunchTemplateSpecificationRequest, 'LaunchTemplateId' | 'LaunchTemplateName'>;
  readonly subnetIds: readonly string[];
}

export interface Started {
  readonly instances: readonly string[];
  /** What EC2 said of each pool that gave less than was asked for. */
  readonly refusals: readonly string[];
}

/**
 * The call that starts the instances of a role: at once, from any of the types and zones. On-Demand takes the types in
 * the order of the run. Spot takes the pools that are least likely to be interrupted among the cheap ones.
 */
export function fleetRequest(run: FleetOrder, round: number, demand: Demand): CreateFleetCommandInput {
  const spot = demand.market === 'spot';
  return {
    Type: 'instant',
    ClientToken: clientToken(run.runId, round, demand.role, demand.call),
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { ...demand.template, Version: '$Latest' },
        Overrides: run.instanceTypes.flatMap((type, index) =>
          demand.subnetIds.map((SubnetId) => ({
            InstanceType: type as _InstanceType,
            SubnetId,
            ...(spot ? {} : { Priority: index }),
          })),
        ),
      },
    ],
    TargetCapacitySpecification: {
      TotalTargetCapacity: demand.count,
      DefaultTargetCapacityType: demand.market,
    },
    ...(spot
      ? { SpotOptions: { AllocationStrategy: 'price-capacity-optimized' } }
      : { OnDemandOptions: { AllocationStrategy: 'prioritized' } }),
  };
}

/**
 * Start instances; fewer than asked for are good enough, none are not.
 *
 * @throws FanfleetError `NOT_LAUNCHED` with what EC2 said
 */
export async function startInstances(
  ec2: EC2Client,
  run: FleetOrder,
  round: number,
  demand: Demand,
): Promise<Started> {
  const { Instances = [], Errors = [] } = await ec2.send(
    new CreateFleetCommand(fleetRequest(run, round, demand)),
  );
  const instances = Instances.flatMap(({ InstanceIds = [] }) => InstanceIds);
  const refusals = Errors.map(({ ErrorCode, ErrorMessage, LaunchTemplateAndOverrides }) => {
    const { InstanceType, SubnetId } = LaunchTemplateAndOverrides?.Overrides ?? {};
    return `${InstanceType} in ${SubnetId}: ${ErrorCode}: ${ErrorMessage}`;
  });
  if (instances.length > 0) return { instances, refusals };
  throw new FanfleetError(
    'NOT_LAUNCHED',
    `Expected EC2 to start ${demand.role === 'head' ? 'the head' : `${demand.count} workers`} (${demand.market}, ${run.instanceTypes.join(' or ')}) but it started none. ${refusals.join(' ')}`.trim(),
    { source: 'aws' },
  );
}
