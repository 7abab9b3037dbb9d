import { Ec2Error } from '../api/ec2-error.ts';
import { parseQuery } from '../api/query.ts';
import type { Action, Answer, Ec2Context } from './action.ts';
import { createFleet } from './create-fleet.ts';
import { createImage, deregisterImage, describeImages } from './images.ts';
import { describeInstanceStatus } from './instance-status.ts';
import { describeInstanceTypes } from './instance-types.ts';
import { describeInstances, getConsoleOutput, terminateInstances } from './instances.ts';
import { createLaunchTemplate, deleteLaunchTemplate, describeLaunchTemplates } from './launch-templates.ts';
import { describeAvailabilityZones, describeSubnets, describeVpcs } from './network.ts';
import { runInstances } from './run-instances.ts';
import {
  authorizeSecurityGroupIngress,
  createSecurityGroup,
  deleteSecurityGroup,
  describeSecurityGroups,
  revokeSecurityGroupIngress,
} from './security-groups.ts';
import { createTags, describeTags } from './tags.ts';

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress,
    CreateFleet: createFleet,
    CreateImage: createImage,
    CreateLaunchTemplate: createLaunchTemplate,
    CreateSecurityGroup: createSecurityGroup,
    CreateTags: createTags,
    DeleteLaunchTemplate: deleteLaunchTemplate,
    DeleteSecurityGroup: deleteSecurityGroup,
    DeregisterImage: deregisterImage,
    DescribeAvailabilityZones: describeAvailabilityZones,
    DescribeImages: describeImages,
    DescribeInstanceStatus: describeInstanceStatus,
    DescribeInstanceTypes: describeInstanceTypes,
    DescribeInstances: describeInstances,
    DescribeLaunchTemplates: describeLaunchTemplates,
    DescribeSecurityGroups: describeSecurityGroups,
    DescribeSubnets: describeSubnets,
    DescribeTags: describeTags,
    DescribeVpcs: describeVpcs,
    GetConsoleOutput: getConsoleOutput,
    RevokeSecurityGroupIngress: revokeSecurityGroupIngress,
    RunInstances: runInstances,
    TerminateInstances: terminateInstances,
  }),
);

/**
 * Do what the body of a call asks for.
 *
 * @throws Ec2Error `InvalidAction` for an action that is not here, `DryRunOperation` for a dry run, and what the
 *   action itself throws
 */
export async function dispatch(
  body: string,
  context: Ec2Context,
): Promise<{ action: string; answer: Answer }> {
  const { action, parameters } = parseQuery(body);
  const run = ACTIONS.get(action);
  if (run === undefined) {
    throw new Ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`);
  }
  if (parameters.DryRun === 'true') {
    const detail = 'Request would have succeeded, but DryRun flag is set.';
    throw new Ec2Error('DryRunOperation', detail, 412);
  }
  return { action, answer: await run(parameters, context) };
}
