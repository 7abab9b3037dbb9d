import {
  CreateLaunchTemplateCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  type EC2Client,
  paginateDescribeLaunchTemplates,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { architecture } from '../contract/architecture.ts';
import { FanfleetError } from '../errors.ts';
import { awsErrorIs } from './aws-error.ts';
import { clientToken } from './client-token.ts';
import type { FleetOrder } from './fleet-order.ts';
import { ROOT_VOLUME_GIB } from './root-volume.ts';
import { fleetFilters, fleetTags, type Role } from './tags.ts';

/** What the instances of one role are launched as. */
export interface InstanceKind {
  readonly role: Role;
  readonly securityGroup: string;
  readonly instanceProfile: string;
  /** Name of the SSM parameter with the image; see `imageId`. */
  readonly amiParameter: string;
  /** Base64. */
  readonly userData: string;
}

/** All that the instances of a role have in common: all but the type, the subnet and the market. */
export function templateData(run: FleetOrder, round: number, kind: InstanceKind): RequestLaunchTemplateData {
  return {
    ImageId: imageId(kind.amiParameter, run.instanceType),
    SecurityGroupIds: [kind.securityGroup],
    IamInstanceProfile: { Name: kind.instanceProfile },
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/sda1',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: ROOT_VOLUME_GIB,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    UserData: kind.userData,
    TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: fleetTags(run, round, kind.role),
    })),
  };
}

/** Of the launch template of a role: a head knows it without asking. */
export function templateName(run: Pick<FleetOrder, 'stage' | 'runId'>, round: number, role: Role): string {
  return `fanfleet-${run.stage}-${clientToken(run.runId, round, role).slice(0, 32)}`;
}

/**
 * The launch template of a role, made unless an earlier attempt at the same launch has made it; `terminate-fleet` deletes
 * it.
 *
 * @returns its id
 */
export async function ensureTemplate(
  ec2: EC2Client,
  run: FleetOrder,
  round: number,
  kind: InstanceKind,
): Promise<string> {
  const LaunchTemplateName = templateName(run, round, kind.role);
  try {
    const { LaunchTemplate } = await ec2.send(
      new CreateLaunchTemplateCommand({
        ClientToken: clientToken(run.runId, round, kind.role),
        LaunchTemplateName,
        LaunchTemplateData: templateData(run, round, kind),
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: fleetTags(run, round, kind.role) }],
      }),
    );
    return expectId(LaunchTemplate?.LaunchTemplateId, LaunchTemplateName);
  } catch (error) {
    if (!awsErrorIs(error, 'InvalidLaunchTemplateName.AlreadyExistsException')) throw error;
    const { LaunchTemplates = [] } = await ec2.send(
      new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [LaunchTemplateName] }),
    );
    return expectId(LaunchTemplates[0]?.LaunchTemplateId, LaunchTemplateName);
  }
}

/** Delete the launch templates of one round, or of every round of a run. */
export async function deleteTemplates(
  ec2: EC2Client,
  stage: string,
  runId: string,
  round: number | undefined,
): Promise<void> {
  const Filters = fleetFilters(stage, runId, round);
  const ids: string[] = [];
  for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates(
    { client: ec2 },
    { Filters },
  )) {
    ids.push(...LaunchTemplates.flatMap(({ LaunchTemplateId }) => LaunchTemplateId ?? []));
  }
  for (const LaunchTemplateId of ids) {
    try {
      await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
    } catch (error) {
      // Another call was first; that is as good.
      if (!awsErrorIs(error, 'InvalidLaunchTemplateId.NotFound')) throw error;
    }
  }
}

function expectId(id: string | undefined, name: string): string {
  if (id !== undefined) return id;
  throw new FanfleetError('NO_LAUNCH_TEMPLATE', `Expected EC2 to give the id of ${name} but it gave none.`, {
    source: 'aws',
  });
}

/**
 * The image for an instance type, by the SSM parameter that names it.
 *
 * @param parameter its name; `{architecture}` in it becomes `amd64` or `arm64`
 */
export function imageId(parameter: string, instanceType: string): string {
  return `resolve:ssm:${parameter.replaceAll('{architecture}', architecture(instanceType))}`;
}
