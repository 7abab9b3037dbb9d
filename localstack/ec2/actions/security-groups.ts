import { isIP } from 'node:net';
import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters } from '../api/filters.ts';
import { newId } from '../api/ids.ts';
import { common, filters, integerText, paging, tagSpecifications } from '../api/input.ts';
import { paginate } from '../api/paging.ts';
import type { Rule, SecurityGroup } from '../state/security-groups.ts';
import { type Action, action, type Ec2Context } from './action.ts';
import { groupArn, groupView, ruleView, tagMap, tagSet } from './views.ts';

const GROUP_TEXT = /^[A-Za-z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/;
const PROTOCOLS: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp' };

export const createSecurityGroup: Action = action(
  z.strictObject({
    ...common,
    GroupName: z
      .string()
      .min(1)
      .max(255)
      .regex(GROUP_TEXT)
      .refine((name) => !name.startsWith('sg-'), 'It must not begin with sg-.'),
    GroupDescription: z.string().min(1).max(255).regex(GROUP_TEXT),
    VpcId: z.string().optional(),
    TagSpecification: tagSpecifications,
  }),
  (request, { groups, network }) => {
    if (request.VpcId !== undefined && request.VpcId !== network.vpcId) {
      throw new Ec2Error('InvalidVpcID.NotFound', `The vpc ID '${request.VpcId}' does not exist`);
    }
    const tags = request.TagSpecification.filter(({ ResourceType }) => ResourceType === 'security-group');
    const group = groups.create(
      request.GroupName,
      request.GroupDescription,
      tagMap(tags.flatMap(({ Tag }) => Tag)),
    );
    return {
      return: true,
      groupId: group.id,
      securityGroupArn: groupArn(group, network),
      tagSet: tagSet(group.tags),
    };
  },
);

const reference = { ...common, GroupId: z.string().optional(), GroupName: z.string().optional() };

function referred(
  request: { GroupId?: string | undefined; GroupName?: string | undefined },
  context: Ec2Context,
) {
  if (request.GroupId !== undefined) return context.groups.get(request.GroupId);
  if (request.GroupName !== undefined) return context.groups.byName(request.GroupName);
  throw new Ec2Error('MissingParameter', 'The request must contain the parameter groupName or groupId');
}

export const deleteSecurityGroup: Action = action(z.strictObject(reference), (request, context) => {
  const group = referred(request, context);
  const inUse = context.instances.live().some(({ spec }) => spec.groupIds.includes(group.id));
  context.groups.delete(group, inUse);
  return { return: true, groupId: group.id };
});

export const describeSecurityGroups: Action = action(
  z.strictObject({
    ...common,
    ...paging(5, 1_000),
    GroupId: z.array(z.string()).default([]),
    GroupName: z.array(z.string()).default([]),
    Filter: filters,
  }),
  (request, context) => {
    const { groups } = context;
    const named = [
      ...request.GroupId.map((id) => groups.get(id)),
      ...request.GroupName.map((name) => groups.byName(name)),
    ];
    const chosen = named.length > 0 ? groups.all().filter((group) => named.includes(group)) : groups.all();
    const found = applyFilters<SecurityGroup>(
      chosen,
      request.Filter,
      {
        'group-id': ({ id }) => [id],
        'group-name': ({ name }) => [name],
        description: ({ description }) => [description],
        'vpc-id': ({ vpcId }) => [vpcId],
      },
      ({ tags }) => tags,
    );
    const { items, nextToken } = paginate(found, ({ id }) => id, 'DescribeSecurityGroups', request);
    return { securityGroupInfo: items.map((group) => groupView(group, context)), nextToken };
  },
);

const description = z.string().max(255).optional();
const permission = z.strictObject({
  IpProtocol: z.string().min(1),
  FromPort: integerText(-1, 65_535).optional(),
  ToPort: integerText(-1, 65_535).optional(),
  Groups: z
    .array(
      z.strictObject({
        GroupId: z.string().optional(),
        GroupName: z.string().optional(),
        UserId: z.string().optional(),
        Description: description,
      }),
    )
    .default([]),
  IpRanges: z.array(z.strictObject({ CidrIp: z.string(), Description: description })).default([]),
});
const ingress = z.strictObject({ ...reference, IpPermissions: z.array(permission).min(1) });

export const authorizeSecurityGroupIngress: Action = action(ingress, (request, context) => {
  const group = referred(request, context);
  const rules = request.IpPermissions.flatMap((each) => rulesOf(each, context));
  context.groups.authorize(group, rules);
  return { return: true, securityGroupRuleSet: rules.map((rule) => ruleView(group, rule, context)) };
});

export const revokeSecurityGroupIngress: Action = action(ingress, (request, context) => {
  const group = referred(request, context);
  context.groups.revoke(
    group,
    request.IpPermissions.flatMap((each) => rulesOf(each, context)),
  );
  return { return: true };
});

/** One rule for each source of a permission. */
function rulesOf(given: z.output<typeof permission>, context: Ec2Context): Rule[] {
  const protocol = PROTOCOLS[given.IpProtocol] ?? given.IpProtocol.toLowerCase();
  checkPorts(protocol, given.FromPort, given.ToPort);
  const ports = protocol === '-1' ? {} : { fromPort: given.FromPort, toPort: given.ToPort };
  const rule = (source: Rule['source'], text: string | undefined): Rule => ({
    id: newId('sgr'),
    protocol,
    fromPort: ports.fromPort,
    toPort: ports.toPort,
    source,
    description: text,
  });
  const rules = [
    ...given.IpRanges.map(({ CidrIp, Description }) => rule({ cidr: checkedCidr(CidrIp) }, Description)),
    ...given.Groups.map((pair) => rule({ groupId: referred(pair, context).id }, pair.Description)),
  ];
  if (rules.length > 0) return rules;
  throw new Ec2Error('MissingParameter', 'Source group or address range missing');
}

function checkPorts(protocol: string, from: number | undefined, to: number | undefined): void {
  if (!['tcp', 'udp', 'icmp', '-1'].includes(protocol)) {
    throw new Ec2Error('InvalidPermission.Malformed', `Unsupported IP protocol "${protocol}"`);
  }
  if (protocol !== 'tcp' && protocol !== 'udp') return;
  if (from === undefined || to === undefined) {
    const detail = 'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.';
    throw new Ec2Error('InvalidParameterValue', detail);
  }
  if (from < 0 || to < from) {
    throw new Ec2Error('InvalidParameterValue', `Invalid port range. (from ${from} to ${to})`);
  }
}

function checkedCidr(cidr: string): string {
  const [address = '', bits = ''] = cidr.split('/');
  if (isIP(address) === 4 && /^([0-9]|[12][0-9]|3[0-2])$/.test(bits)) return cidr;
  throw new Ec2Error('InvalidParameterValue', `CIDR block ${cidr} is malformed`);
}
