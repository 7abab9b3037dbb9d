import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters, type FilterFields } from '../api/filters.ts';
import { booleanText, common, filters, paging } from '../api/input.ts';
import { paginate } from '../api/paging.ts';
import type { Instance } from '../state/instance.ts';
import { type Action, action, type Ec2Context } from './action.ts';
import { reservationsView, stateView } from './views.ts';

const instanceIds = z.array(z.string()).max(1_000).default([]);

function filterFields({ network }: Ec2Context): FilterFields<Instance> {
  return {
    'instance-id': ({ id }) => [id],
    'instance-state-name': ({ state }) => [state],
    'instance-type': ({ spec }) => [spec.type.name],
    'image-id': ({ spec }) => [spec.imageId],
    'client-token': ({ spec }) => [spec.clientToken],
    'reservation-id': ({ spec }) => [spec.reservationId],
    'private-ip-address': ({ host }) => [host.address],
    'instance.group-id': ({ spec }) => spec.groupIds,
    'subnet-id': ({ spec }) => [spec.subnet.id],
    'vpc-id': () => [network.vpcId],
    'availability-zone': ({ spec }) => [spec.subnet.availabilityZone],
    'instance-lifecycle': ({ spec }) => [spec.market === 'spot' ? 'spot' : undefined],
    'spot-instance-request-id': ({ spec }) => [spec.spotRequestId],
    architecture: ({ spec }) => [spec.type.architecture],
  };
}

export const describeInstances: Action = action(
  z.strictObject({ ...common, ...paging(5, 1_000), InstanceId: instanceIds, Filter: filters }),
  (request, context) => {
    if (request.InstanceId.length > 0 && request.MaxResults !== undefined) {
      throw new Ec2Error(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    }
    const all = context.instances.all();
    const chosen = request.InstanceId.length > 0 ? context.instances.get(request.InstanceId) : all;
    const found = applyFilters(chosen, request.Filter, filterFields(context), ({ tags }) => tags);
    found.sort((a, b) => a.spec.sequence - b.spec.sequence);
    const key = ({ spec }: Instance) => String(spec.sequence).padStart(12, '0');
    const { items, nextToken } = paginate(found, key, 'DescribeInstances', request);
    return { reservationSet: reservationsView(items, context), nextToken };
  },
);

/** `SkipOsShutdown` ends the host as if its power went: every process gets SIGKILL, and no time to say good-bye. */
export const terminateInstances: Action = action(
  z.strictObject({
    ...common,
    InstanceId: z.array(z.string()).min(1).max(1_000),
    Force: booleanText.optional(),
    SkipOsShutdown: booleanText.default(false),
  }),
  ({ InstanceId, SkipOsShutdown }, { instances }) => {
    const code = 'Client.UserInitiatedShutdown';
    const changes = instances.get(InstanceId).map((instance) => {
      const previousState = stateView(instance.state);
      const reason = { code, message: `${code}: User initiated shutdown` };
      instance.terminate(SkipOsShutdown ? 'immediate' : 'graceful', reason);
      return { instanceId: instance.id, currentState: stateView(instance.state), previousState };
    });
    return { instancesSet: changes };
  },
);

export const getConsoleOutput: Action = action(
  z.strictObject({ ...common, InstanceId: z.string(), Latest: booleanText.optional() }),
  async ({ InstanceId }, { instances, now }) => {
    const [instance] = instances.get([InstanceId]);
    const output = (await instance?.host.console())?.toString('base64') ?? '';
    return { instanceId: InstanceId, timestamp: new Date(now()), output };
  },
);
