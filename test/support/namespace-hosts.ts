import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Instance } from '@aws-sdk/client-ec2';
import { hostPids } from '../../localstack/ec2/hosts/namespaces/host-pids.ts';
import { endpointId } from '../../localstack/ec2/hosts/namespaces/namespace-host-provider.ts';
import { namespaceSupport } from '../../localstack/ec2/hosts/namespaces/namespace-support.ts';
import { until } from './state-machines.ts';

const run = promisify(execFile);
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const support = await namespaceSupport();

/** Why hosts in namespaces cannot be tested on this machine; undefined where they can. */
export const noNamespaces = support.supported ? undefined : support.reason;
export const hasNftables = support.supported && support.nftables;

/** Run a script on a host as its root; gives what it wrote to stdout, and throws if it fails. */
export async function onHost(instance: Instance | undefined, script: string): Promise<string> {
  const pid = await firstProcess(instance?.InstanceId ?? '');
  const args = ['-t', String(pid), '-m', '-u', '-i', '-n', '-p', '--', '/bin/bash', '--norc', '-c', script];
  return (await run('nsenter', args, { timeout: 30_000, env: { PATH } })).stdout;
}

/**
 * The number of the first process of a host that is in its own root: an instance can be seen before, and there `/proc`
 * is the one of the machine, which does not show a process of the host to itself.
 */
function firstProcess(instanceId: string): Promise<number> {
  return until(`the first process of ${instanceId} in its own root`, async () => {
    const [first] = hostPids(instanceId);
    if (first === undefined) return undefined;
    const root = await stat(`/proc/${first}/root/`).catch(() => undefined);
    return root !== undefined && root.dev !== statSync('/').dev ? first : undefined;
  });
}

/** What this machine has of the endpoint with a state folder: network namespaces, cgroups and mounts. */
export async function leftovers(stateDir: string): Promise<string[]> {
  const id = endpointId(stateDir);
  const namespaces = (await run('ip', ['netns', 'list'])).stdout
    .split('\n')
    .filter((line) => line.startsWith(`ff-${id}`));
  const cgroups = ['cpu', 'cpuacct', 'memory', 'pids', '']
    .flatMap((controller) => listed(`/sys/fs/cgroup/${controller}`).map((name) => `${controller}/${name}`))
    .filter((path) => path.endsWith(`/fanfleet-${id}`));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(stateDir));
  return [...namespaces, ...cgroups, ...mounts];
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
