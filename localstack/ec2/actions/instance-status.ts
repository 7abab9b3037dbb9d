import * as z from 'zod';
import { applyFilters } from '../api/filters.ts';
import { booleanText, common, filters, paging } from '../api/input.ts';
import { paginate } from '../api/paging.ts';
import type { Instance } from '../state/instance.ts';
import { type Action, action } from './action.ts';
import { stateView } from './views.ts';

/** Of running instances, or of all. A host that runs passes its checks at once. */
export const describeInstanceStatus: Action = action(
  z.strictObject({
    ...common,
    ...paging(5, 1_000),
    InstanceId: z.array(z.string()).max(100).default([]),
    IncludeAllInstances: booleanText.default(false),
    Filter: filters,
  }),
  (request, { instances }) => {
    const all = request.InstanceId.length > 0 ? instances.get(request.InstanceId) : instances.all();
    const chosen = all.filter(({ state }) => request.IncludeAllInstances || state === 'running');
    const found = applyFilters<Instance>(chosen, request.Filter, {
      'instance-state-name': ({ state }) => [state],
      'availability-zone': ({ spec }) => [spec.subnet.availabilityZone],
      'instance-status.status': ({ state }) => [check(state)],
      'system-status.status': ({ state }) => [check(state)],
    });
    found.sort((a, b) => (a.id < b.id ? -1 : 1));
    const { items, nextToken } = paginate(found, ({ id }) => id, 'DescribeInstanceStatus', request);
    return { instanceStatusSet: items.map(view), nextToken };
  },
);

function check(state: Instance['state']): string {
  return state === 'running' ? 'ok' : 'not-applicable';
}

function view({ id, state, spec }: Instance) {
  const status = { status: check(state) };
  return {
    instanceId: id,
    availabilityZone: spec.subnet.availabilityZone,
    instanceState: stateView(state),
    instanceStatus: status,
    systemStatus: status,
  };
}
