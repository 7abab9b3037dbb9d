import { type EC2Client, waitUntilInstanceExists } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { settleAll } from '../concurrency/settle-all.ts';
import { FanfleetError } from '../errors.ts';
import type { FleetOrder } from './fleet-order.ts';
import { ensureTemplate } from './launch-template.ts';
import { fleetNetwork } from './network.ts';
import { parameterName, putSecrets } from './secrets.ts';
import { ensureSecurityGroups, type FleetGroups } from './security-groups.ts';
import { type Started, startInstances } from './start-instances.ts';
import { userData } from './user-data.ts';
import { dashboardVariables, scalingVariables } from './variables.ts';

/** What the stack was deployed with, as far as launching a fleet goes. */
export interface FleetSettings {
  readonly instanceProfile: string;
  /** Ids of the subnets, or `default` for those of the default VPC. */
  readonly subnets: 'default' | readonly string[];
  /** @default those of the stage, made in the VPC of the subnets where they are missing */
  readonly securityGroups: FleetGroups | undefined;
  /** Name of the SSM parameter with the image; `{architecture}` in it is replaced. */
  readonly amiParameter: string;
  /** The one address that may open the dashboards, as a /32; nobody without it. */
  readonly dashboardCidr: string | undefined;
}

export interface LaunchOptions {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly run: FleetOrder;
  readonly round: number;
  /** The header of the user data, without what the launch finds out. */
  readonly variables: Readonly<Record<string, string>>;
  /** Only offline, and only where it is another address than that of AWS: where EC2 is for the head. */
  readonly ec2Endpoint?: string | undefined;
  readonly taskToken: string;
  readonly settings: FleetSettings;
  readonly scripts: { readonly head: string; readonly worker: string };
}

export interface LaunchedFleet {
  /** Head first. There may be fewer workers than asked for. */
  readonly instances: readonly string[];
  /** What EC2 said where it gave less than asked for. */
  readonly refusals: readonly string[];
}

/** EC2 may take a moment to know an instance that it has just started. */
const VISIBLE_S = 60;

/**
 * Start one head, always On-Demand, and its workers. Calling it again with the same run and round starts nothing more:
 * the client tokens are made of them.
 *
 * @throws FanfleetError `NOT_LAUNCHED` if EC2 gives no head or no worker
 */
export async function launchFleet(options: LaunchOptions): Promise<LaunchedFleet> {
  const { ec2, run, round, settings, scripts, variables } = options;
  const networkFound = fleetNetwork(ec2, settings.subnets);
  // A secret that is put after the fleet was given up would stay.
  await settleAll([
    networkFound,
    putSecrets(options.ssm, parameterName(run.stage, run.runId, round), options.taskToken),
  ]);
  const network = await networkFound;
  const groups =
    settings.securityGroups ??
    (await ensureSecurityGroups(ec2, run.stage, network.vpcId, settings.dashboardCidr));
  const start = async (role: 'head' | 'worker', more: Readonly<Record<string, string>>): Promise<Started> => {
    const templateId = await ensureTemplate(ec2, run, round, {
      role,
      securityGroup: groups[role],
      instanceProfile: settings.instanceProfile,
      amiParameter: settings.amiParameter,
      userData: userData(scripts[role], {
        ...variables,
        ...dashboardVariables(settings.dashboardCidr),
        ...more,
      }),
    });
    const isHead = role === 'head';
    return startInstances(ec2, run, round, {
      role,
      count: isHead ? 1 : run.workers,
      market: isHead ? 'on-demand' : run.market,
      template: { LaunchTemplateId: templateId },
      subnetIds: network.subnetIds,
    });
  };
  const head = await start('head', scalingVariables(options, network.subnetIds));
  const address = await privateAddress(ec2, head.instances);
  const workers = await start('worker', { FANFLEET_HEAD_ADDRESS: address });
  return {
    instances: [...head.instances, ...workers.instances],
    refusals: [...head.refusals, ...workers.refusals],
  };
}

async function privateAddress(ec2: EC2Client, instances: readonly string[]): Promise<string> {
  const { reason } = await waitUntilInstanceExists(
    { client: ec2, maxWaitTime: VISIBLE_S, minDelay: 1, maxDelay: 4 },
    { InstanceIds: [...instances] },
  );
  const address = reason?.Reservations?.[0]?.Instances?.[0]?.PrivateIpAddress;
  if (address !== undefined) return address;
  throw new FanfleetError('NO_ADDRESS', 'Expected the head to have a private address but EC2 gave none.', {
    source: 'aws',
  });
}
