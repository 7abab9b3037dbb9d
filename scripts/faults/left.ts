import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '@aws-sdk/client-ec2';
import { hostPids } from '../../localstack/ec2/hosts/namespaces/host-pids.ts';
import { endpointId } from '../../localstack/ec2/hosts/namespaces/namespace-host-provider.ts';
import { type ConnectedStack, liveInstances } from '../own-stack/stack.ts';
import { idOf } from './faults.ts';

/**
 * What is left of the hosts of a run: instances, processes, network namespaces, cgroups, mounts and files. Empty if all
 * is well.
 *
 * @param hosts every host that the run ever had
 */
export async function leftOf(
  stack: ConnectedStack,
  runId: string,
  hosts: readonly Instance[],
): Promise<string[]> {
  const stateDir = join(stack.home, 'ec2');
  const live = (await liveInstances(stack, runId)).map((instance) => `instance ${idOf(instance)}`);
  return [...live, ...hosts.flatMap((host) => leftOfHost(host, stateDir))];
}

function leftOfHost(host: Instance, stateDir: string): string[] {
  const id = idOf(host);
  const folder = join(stateDir, 'namespaces', id);
  const namespace = `ff-${endpointId(stateDir)}-${host.PrivateIpAddress?.split('.').at(-1)}`;
  const cgroups = ['cpu', 'cpuacct', 'memory', 'pids', ''].map((name) =>
    join('/sys/fs/cgroup', name, `fanfleet-${endpointId(stateDir)}`, id),
  );
  return [
    ...hostPids(id).map((pid) => `process ${pid} of ${id}`),
    ...[folder, `/run/netns/${namespace}`, ...cgroups].filter((path) => existsSync(path)),
    ...mounts().filter((line) => line.includes(id)),
  ];
}

/** Of every process of the machine: hosts have theirs in namespaces of their own. */
function mounts(): string[] {
  const tables = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
      } catch {
        return ''; // It has just ended.
      }
    });
  return [...new Set(tables.flatMap((table) => table.split('\n')))];
}
