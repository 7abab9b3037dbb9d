import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters } from '../api/filters.ts';
import { common, filters, paging } from '../api/input.ts';
import { INSTANCE_TYPES, type InstanceType } from '../api/instance-types.ts';
import { paginate } from '../api/paging.ts';
import { type Action, action } from './action.ts';

export const describeInstanceTypes: Action = action(
  z.strictObject({
    ...common,
    ...paging(5, 100),
    InstanceType: z.array(z.string()).max(100).default([]),
    Filter: filters,
  }),
  (request) => {
    const unknown = request.InstanceType.filter((name) => !INSTANCE_TYPES.has(name));
    if (unknown.length > 0) {
      const detail = `The following supplied instance types do not exist: [${unknown.join(', ')}]`;
      throw new Ec2Error('InvalidInstanceType', detail);
    }
    const wanted = new Set(request.InstanceType);
    const chosen = [...INSTANCE_TYPES.values()].filter(({ name }) => wanted.size === 0 || wanted.has(name));
    const found = applyFilters(chosen, request.Filter, {
      'instance-type': ({ name }) => [name],
      'processor-info.supported-architecture': ({ architecture }) => [architecture],
      'vcpu-info.default-vcpus': ({ vCpus }) => [String(vCpus)],
      'memory-info.size-in-mib': ({ memoryMiB }) => [String(memoryMiB)],
      'burstable-performance-supported': ({ burstable }) => [String(burstable)],
      'current-generation': () => ['true'],
    });
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, nextToken } = paginate(found, ({ name }) => name, 'DescribeInstanceTypes', request);
    return { instanceTypeSet: items.map(view), nextToken };
  },
);

function view({ name, architecture, vCpus, threadsPerCore, memoryMiB, burstable }: InstanceType) {
  return {
    instanceType: name,
    currentGeneration: true,
    bareMetal: false,
    hypervisor: 'nitro',
    processorInfo: { supportedArchitectures: [architecture] },
    vCpuInfo: {
      defaultVCpus: vCpus,
      defaultCores: vCpus / threadsPerCore,
      defaultThreadsPerCore: threadsPerCore,
    },
    memoryInfo: { sizeInMiB: memoryMiB },
    burstablePerformanceSupported: burstable,
  };
}
